"""Veeam Service Provider Console: every protected thing once, counters of the newest day, errors inside a 200."""

from __future__ import annotations

import dataclasses
import json
import ssl
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.responses import Response

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import ACRONIS
from connectors.sandbox.server.vendor import answer
from connectors.sandbox.vendors.veeam_vspc import _COUNTERS, _uuid
from connectors.vendors.veeam_vspc.connector import _pem
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "veeam_vspc"
CLASSES = {"Server": "server", "Workstation": "workstation", "Virtual machine": "virtual machine"}


def _seats(ground: Ground, kind: str = "workload") -> dict[str, Seat]:
    found = ground.read("seats")
    return {key: seat for key, seat in found.items() if isinstance(seat, Seat) and seat.kind == kind}


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(ACRONIS)
    }
    held = {each.id: each for each in ground.town.estate.workloads}
    seats = _seats(ground)
    assert set(seats) == set(held)
    for key, each in held.items():
        seat = seats[key]
        assert (seat.account_external_id, seat.identity) == (each.account_id, each.name)
        assert seat.device_class == CLASSES[each.type]
        assert seat.last_seen_at == each.last_backup_at
        assert seat.sku == ("VM" if each.type == "Virtual machine" else "VAC_Agent")


def test_counters_are_those_of_the_newest_day_and_all_locations(ground: Ground) -> None:
    counts = Counter((each.account_id, _COUNTERS[each.type]) for each in ground.town.estate.workloads)
    counters = _seats(ground, "other")
    sizes = {key: seat for key, seat in counters.items() if seat.sku == "VbrBackupSize"}
    assert {
        (seat.account_external_id, seat.sku): seat.quantity for key, seat in counters.items() if key not in sizes
    } == counts
    for seat in sizes.values():
        stored = sum(
            (each.protected_gb for each in ground.town.index.workloads.of(seat.account_external_id)), Decimal(0)
        )
        assert seat.quantity is not None
        assert abs(seat.quantity - stored) < Decimal("0.00001")
        assert seat.attributes["unit"] == "GB"
        assert seat.attributes["date"] == ground.town.estate.as_of.isoformat()


def test_a_console_that_stopped_counting_is_no_zero(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "silent_days", 9)
    with pytest.raises(ApiFailure, match="last week"):
        ground.read("seats")
    monkeypatch.setattr(ground.server, "silent_days", 3)
    assert _seats(ground, "other"), "some days without a count are bridged"


def test_what_is_the_providers_own_is_left_out_with_a_remark(ground: Ground) -> None:
    connector = ground.connector()
    assert _uuid("own machine") not in {record.external_id for record in connector.read("seats")}
    assert "no company" in " ".join(connector.wire.notes())
    assert _uuid("closed") not in ground.read("accounts")


def test_a_disabled_companys_seats_are_suspended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    off = ground.town.index.accounts.of(ACRONIS)[0].id
    monkeypatch.setattr(ground.server, "statuses", {off: "Disabled"})
    for seat in ground.read("seats").values():
        assert isinstance(seat, Seat)
        assert seat.status == ("suspended" if seat.account_external_id == off else "active")


def _object(account: str | None, identity: str, kind: str) -> Mapping[str, object]:
    return {
        "id": identity,
        "name": identity,
        "repositoryUid": _uuid("repository"),
        "protectedDataType": kind,
        "organizationUid": account,
        "consumesLicense": kind == "User",
        "latestRestorePointDate": "2026-11-01T03:00:00Z",
    }


def test_microsoft_365_objects_are_seats_of_their_kind(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    account = ground.town.index.accounts.of(ACRONIS)[0].id
    shown = [_object(account, "u1", "User"), _object(account, "s1", "Site"), _object(None, "u2", "User")]
    monkeypatch.setattr(ground.server, "objects", shown)
    (user,) = _seats(ground, "user").values()
    (site,) = _seats(ground, "site").values()
    assert (user.sku, site.sku) == ("VB365_User", "VB365_Site")
    assert user.attributes["consumesLicense"] == "true"
    assert user.account_external_id == account


def test_an_old_console_is_read_without_microsoft_365(ground: Ground) -> None:
    whole = _seats(ground)
    ground.sandbox.faults.plan("status", 404, times=0, path="vb365ProtectedObjects")
    assert _seats(ground) == whole
    ground.sandbox.faults.clear()
    ground.sandbox.faults.plan("status", 404, times=0, path="virtualMachines")
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats")
    assert failed.value.kind == "not_found"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("security", "privilege_missing"), ("logical", "refused"), ("retryableLogical", "vendor_down")],
)
def test_errors_inside_a_200_are_errors(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, kind: str, wanted: str
) -> None:
    def partly(_request: object, items: object) -> Response:
        del items
        return answer({"data": [], "meta": None, "errors": [{"message": "Broken", "type": kind, "code": 5}]})

    monkeypatch.setattr(ground.server, "_page", partly)
    with pytest.raises(ApiFailure, match="Broken") as failed:
        ground.read("accounts")
    assert failed.value.kind == wanted


def test_an_answer_that_is_still_prepared_is_asked_for_again(ground: Ground) -> None:
    whole = ground.read("accounts")
    ground.sandbox.faults.plan("status", 202, path="companies")
    assert ground.read("accounts") == whole
    assert ground.paused
    ground.sandbox.faults.plan("status", 202, path="companies", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("accounts")
    assert failed.value.kind == "timed_out"


def test_a_token_is_read_only_and_renewed_without_the_password(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    list(connector.read("accounts"))
    ground.sandbox.put_ahead(ground.server.token_lifetime_s + 1)
    list(connector.read("accounts"))
    first, second = [each.request_body.decode() for each in ground.sandbox.exchanges if each.path.endswith("/token")]
    assert "grant_type=password" in first
    assert "readOnly=true" in first
    assert "grant_type=refresh_token" in second
    assert "password" not in second


def test_an_account_with_a_second_factor_is_the_admins_turn(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "asks_second_factor", True)
    with pytest.raises(ApiFailure, match="second factor") as failed:
        ground.connector().identify()
    assert failed.value.kind == "credentials_refused"


def test_owners_names_are_not_kept(ground: Ground) -> None:
    text = json.dumps([dataclasses.asdict(each) for each in ground.read("accounts").values()], default=str)
    assert "owner.of.company" not in text


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("veeam-vspc/vspc-3.6.2.openapi.json", "https://vspc.northbeam-it.example:1280/api/v3")
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        ground.read(info.name, page_size=3)
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 15


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("vspc.northbeam-it.example", "vspc.northbeam-it.example:1280"),
        ("https://VSPC.northbeam-it.example/", "vspc.northbeam-it.example:1280"),
        ("vspc.northbeam-it.example:8443", "vspc.northbeam-it.example:8443"),
    ],
)
def test_an_address_has_the_port_of_the_rest_api(ground: Ground, address: str, host: str) -> None:
    ground.sandbox.keeps = True
    assert ground.connector({"address": address}).identify().startswith(host)
    assert {each.host for each in ground.sandbox.exchanges} == {host}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "http://vspc.example.com"),
        ("address", "vspc.example.com/api"),
        ("address", "user@vspc.example.com"),
        ("certificate", "MIIB"),
    ],
)
def test_what_can_not_be_right_is_refused(ground: Ground, field: str, value: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        ground.cls.cleaned({**ground.server.settings, field: value})
    assert [problem.column for problem in refused.value.problems] == [field]


@pytest.mark.parametrize("between", ["\n", " ", "\r\n", ""])
def test_a_certificate_is_trusted_however_its_lines_were_pasted(between: str) -> None:
    lines = _certificate().splitlines()
    entered = f"{lines[0]}{between}{between.join(lines[1:-1])}{between}{lines[-1]}"
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.load_verify_locations(cadata=_pem(entered) + _pem(entered))
    (found,) = trusted.get_ca_certs()
    assert (("commonName", "vspc.example"),) in found["subject"]  # type: ignore[operator]


def _certificate() -> str:
    """One that signs itself, as consoles do."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vspc.example")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(begins).not_valid_after(begins + timedelta(days=3650))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_a_broken_certificate_is_told(ground: Ground) -> None:
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
    with pytest.raises(ApiFailure, match="certificate") as failed:
        ground.connector({"certificate": broken}, sandbox_url="")
    assert failed.value.kind == "setting_wrong"
