"""What tells the sites of one brand apart, and what they share: words that name a branch, and the brand itself."""

from matching.words import GENERIC_WORDS

BRANCH_WORDS = frozenset(
    """
    north south east west northeast northwest southeast southwest northside southside eastside westside downtown uptown
    midtown main central headquarters hq corporate remote airport mall plaza campus branch store site depot warehouse
    clinic factory plant office one two three four ii iii iv nord sud est ouest ost noord zuid oost norte sur este oeste
    """.split()  # noqa: SIM905  a list of words reads better as text
)
_KINDS_OF_PLACE = frozenset("branch store site office campus clinic".split())  # noqa: SIM905  say no branch by themselves


def branch_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name that name a branch, in order; the first word is the brand's."""
    return tuple(t for t in tokens[1:] if t in BRANCH_WORDS and t not in _KINDS_OF_PLACE)


def brand_of(tokens: tuple[str, ...]) -> str:
    """What a chain's sites have in common: the first word where that is a name, else the first two."""
    if not tokens:
        return ""
    first = tokens[0]
    return first if len(first) > 3 and first not in GENERIC_WORDS else " ".join(tokens[:2])
