"""Microsoft 365 request by request and answer by answer against Microsoft's own specification."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "microsoft365"
SPECIFICATION = "microsoft-graph/graph.openapi.json"
NULLABLE = {"microsoft.graph.delegatedAdminRelationshipCustomerParticipant": {"nullable": True}}
"""Microsoft's metadata lets a relationship be without customer; in OpenAPI 3.0 the type itself must say so."""


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    mends = {"components": {"schemas": NULLABLE}}
    conformance = Conformance(SPECIFICATION, "https://graph.microsoft.com/v1.0", mends=mends, ours=["/token"])
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name, page_size=3)
    ground.server.rights.discard("AuditLog.Read.All")
    ground.read("seats")
    ground.server.pull_no_lever()
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 50


def test_only_fields_that_microsoft_has_are_asked_and_answered(ground: Ground) -> None:
    schemas = json.loads(specification(SPECIFICATION).read_text())["components"]["schemas"]
    types = {
        "/v1.0/contracts": "contract",
        "/v1.0/organization": "organization",
        "/v1.0/subscribedSkus": "subscribedSku",
        "/v1.0/users": "user",
        "/v1.0/directory/subscriptions": "companySubscription",
        "/v1.0/tenantRelationships/delegatedAdminRelationships": "delegatedAdminRelationship",
    }
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    read = [each for each in ground.sandbox.exchanges if each.method == "GET" and each.status == 200]
    assert {each.path for each in read} == set(types)
    for each in read:
        known = set(schemas[f"microsoft.graph.{types[each.path]}"]["properties"])
        asked = parse_qs(each.query).get("$select", [""])[0]
        assert {name for name in asked.split(",") if name} <= known
        for row in json.loads(each.body)["value"]:
            assert {key for key in row if not key.startswith("@")} <= known
