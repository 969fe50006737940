"""Strange names and lists, and what holds of every answer to them."""

import math
import signal
from collections.abc import Iterator

import pytest

from matching.types import Party, Service, Suggestion

HANG_S = 900  # far beyond any run on a busy machine; only a hang gets there
CLIENTS = [Party("a", "Acme Dental"), Party("b", "Contoso GmbH"), Party("c", "Fabrikam Ltd")]
BILLED = [Service("a", "Microsoft 365 E3"), Service("b", "Managed Server")]


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"no answer within {HANG_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANG_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


NAMES = {
    "empty": "",
    "spaces": " \t\u00a0\u3000 ",
    "10,000 characters": "acme dental " * 833,
    "1,000,000 characters": "acme dental " * 83_333,
    "one word of 1,000,000": "a" * 1_000_000,
    "200,000 different words": " ".join(f"w{k}" for k in range(200_000)),
    "only punctuation": "!?!---...///((([[[",
    "control characters": "\x00\x01\x1b[31mAcme\x7f\r\n\x0b",
    "right to left marks": "\u202eAcme\u202c\u200f Dental\u2066",
    "zero width": "A\u200bc\u200cm\u200de\ufeff Dental",
    "emoji": "🦷🦷 👩‍👩‍👧 🏴\U000e0067\U000e007f",
    "nan": "nan",
    "none": "None",
    "null": "NULL",
    "formula": '=HYPERLINK("x")',
    "10,000 accents": "e" + "\u0301" * 10_000,
    "digits": "1" * 100_000,
}
# One piece over and over, as it would hurt an expression that tries every split.
PIECES = (
    "(", "(a", "((a)", " - a", " d/b/a x", " formerly x", "a.", "@", "/", "& ", "#1", "zz_", "OLD - ", "_ ", "test ",
    "demo -", "[", "a,", "' ", "Inc ", "S.A. ", "- ", "-- ",
)  # fmt: skip
SERVICE_PIECES = (
    "(", "(1 ", "[", " / user", " - annual", "plan ", "m365", "_", "p1y ", "/", "- ", "1 gb", "without teams ",
    "(annual ", " per user", " 1 year", "(per user ", "3 yr ", "[nce ", "   ",
)  # fmt: skip


def hold(found: list[Suggestion], ids: list[str]) -> None:
    """What is true of every answer: one suggestion a left record, probabilities, and reasons that add up to them."""
    assert [one.left_id for one in found] == ids
    for one in found:
        assert [c.rank for c in one.candidates] == list(range(1, len(one.candidates) + 1))
        for candidate in one.candidates:
            assert 0.0 <= candidate.confidence <= 1.0
            if one.decided_by != "person" and 0.0 < candidate.confidence < 1.0:
                log_odds = math.log(candidate.confidence / (1 - candidate.confidence))
                assert one.start + sum(r.weight for r in candidate.reasons) == pytest.approx(log_odds, abs=1e-4)
