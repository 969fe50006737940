"""Judges what went over the wire by SuperOps's schema: every question, its variables, and every answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from graphql import GraphQLSchema, build_schema, execute_sync, parse, validate

from connectors.sandbox.server.sandbox import Exchange
from tests.connectors.conformance import specification


@cache
def schema() -> GraphQLSchema:
    return build_schema(specification("superops/superops-msp.graphql").read_text())


def problems(exchanges: Iterable[Exchange]) -> list[str]:
    """What is wrong, one line a finding: a question the schema does not have, variables it does not take, an answer
    that it would not give."""
    found = []
    for each in exchanges:
        asked = json.loads(each.request_body)
        found += [f"{asked['operationName']}: {said}" for said in _problems(asked, json.loads(each.body))]
    return found


def _problems(asked: dict[str, Any], told: dict[str, Any]) -> list[str]:
    document = parse(asked["query"])
    wrong = [error.message for error in validate(schema(), document)]
    if wrong or told.get("errors"):
        return wrong
    # The answer's own objects are what is asked: what comes out is what the schema would let through.
    given = execute_sync(schema(), document, root_value=told["data"], variable_values=asked["variables"])
    wrong = [error.message for error in given.errors or ()]
    return wrong or ([] if given.data == told["data"] else ["the answer holds something else than what was asked"])
