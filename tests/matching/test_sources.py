"""One client has an account in each of many systems: those are no rivals of each other."""

from matching.engine import match
from matching.sources import match_by_source
from matching.types import Decided, Party

CLIENTS = [
    Party(id="c1", name="Amberwing Logistics Ltd", domain="amberwing.example"),
    Party(id="c2", name="Booth & Sons Security Systems Inc", domain="boothsons.example"),
    Party(id="c3", name="Quarrydale Freight Services Inc", domain="quarrydale.example"),
]
ACCOUNTS = [
    Party(id=f"{source}-{index}", name=client.name.rsplit(" ", 1)[0])
    for source in ("rmm", "backup", "mail")
    for index, client in enumerate(CLIENTS)
]


def _source(party: Party) -> str:
    return party.id.split("-")[0]


def test_the_same_name_in_several_systems_is_preselected_in_each() -> None:
    found = match_by_source(ACCOUNTS, CLIENTS, _source)
    assert [each.left_id for each in found] == [account.id for account in ACCOUNTS]
    assert [each.best.right_id if each.best else "" for each in found] == ["c1", "c2", "c3"] * 3
    assert {each.verdict for each in found} == {"preselect"}


def test_within_one_source_two_records_of_a_name_stay_rivals() -> None:
    alone = match(ACCOUNTS[:3], CLIENTS)[0]
    twice = match([*ACCOUNTS[:3], Party(id="rmm-9", name="Amberwing Logistics")], CLIENTS)[0]
    assert alone.best is not None
    assert twice.candidates[0].confidence < alone.best.confidence


def test_verdicts_reach_their_own_source() -> None:
    found = match_by_source(ACCOUNTS, CLIENTS, _source, decided=[Decided("backup-0", "c2", "confirmed")])
    by_id = {each.left_id: each for each in found}
    assert by_id["backup-0"].decided_by == "person"
    assert by_id["backup-0"].candidates[0].right_id == "c2"
    assert by_id["mail-0"].candidates[0].right_id == "c1"
