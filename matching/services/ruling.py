"""What stands above the service model: codes, the catalogue, lump sums, and conflicts that forbid a tick."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.block import Pairs
from matching.services.candidates import code_pairs
from matching.services.features import NAMES
from matching.services.names import is_bundle, is_lump
from matching.services.side import ServiceSide
from matching.types import Reason, Service

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Log-odds that a rule lifts a pair to, at least; by judgement, as no public set shows MSPs' own codes.
CODE_LOG_ODDS = 7.5
CATALOGUE_LOG_ODDS = 5.0
MODEL_LIMIT = 4.6  # no likeness of names reaches further than 0.99
DIFFERENT_PRODUCT = -1.0  # two recognised, different products are not suggested, whatever their names
OTHER_TERM = 1.0  # log-odds that another term takes off, so that of two lines of one product the term's own leads
OTHER_WORDS = -0.1  # nor are names that share a word and tell of different things
HALF = 0.5  # share of a name's words, by rarity
SEVERAL_PRODUCTS = -1.0  # nor is a line that stands for several
TELLING = 4.0  # rarity (log) of a word that is in fewer than two product names of a hundred
# Shares of agreeing counts that say more than words which one name has and the other lacks; of one vendor's products.
SURE_COUNTS, SURE_OF_VENDOR = 0.8, 0.6
TINY = 1e-9
_AT = {name: k for k, name in enumerate(NAMES)}
# One-sided tiers and audiences are as dangerous as different ones: "Office 365" names no plan.
_ONE_SIDED = ("tiers", "audiences")
_WHAT = {
    "tiers": "plan",
    "editions": "edition",
    "devices": "kind of device",
    "audiences": "audience or variant",
    "kinds": "kind of product",
    "sizes": "size",
    "terms": "term",
    "vendor": "vendor",
}


@dataclass(frozen=True, slots=True)
class ServiceRuling:
    """What the rules say of each candidate pair. `conflicts` are by what differs (see `_WHAT`), and `words`."""

    same_code: Bools
    same_product: Bools
    other_product: Bools
    several: Bools  # the billed line stands for several products
    bundle: Bools
    conflicts: dict[str, Bools]
    other_words: Bools  # own telling words, or another device or edition, and nothing else speaks
    half: Bools  # less than half of either name is in the other, and nothing else speaks
    planless: Bools  # one name leaves the plan out that the other says, and no code says it
    veto: Bools

    def bound(self, by_model: Floats) -> Floats:
        """The model's log-odds, within what the rules allow."""
        final = np.minimum(by_model, MODEL_LIMIT)
        final = np.where(self.other_product, np.minimum(final, DIFFERENT_PRODUCT), final)
        final = np.where(self.several, np.minimum(final, SEVERAL_PRODUCTS), final)
        final = np.where(self.other_words, np.minimum(final, OTHER_WORDS), final)
        final = np.where(self.same_product, np.maximum(by_model, CATALOGUE_LOG_ODDS), final)
        final = np.where(self.conflicts["terms"], final - OTHER_TERM, final)
        return np.where(self.same_code, np.maximum(by_model, CODE_LOG_ODDS), final)

    def veto_text(self, row: int) -> str:
        """Why a pair is not ticked in advance."""
        if self.planless[row]:
            return "One name does not say which plan it is: a person should look"
        found = [_WHAT[name] for name, where in self.conflicts.items() if name in _WHAT and where[row]]
        if not found and self.half[row]:
            return "Little of one name stands in the other: a person should look"
        if not found:
            return "Each name has a telling word that the other lacks: a person should look"
        return f"The {' and the '.join(found)} {'is' if len(found) == 1 else 'are'} not the same: a person should look"

    def tell(self, row: int, moved: float, left: Service, right: Service) -> list[Reason]:
        """What the rules added to the log-odds of a pair."""
        names = (left.name, right.name)
        if self.same_code[row]:
            return [Reason("code", "Same code", left.sku or left.name, right.sku or right.name, moved)]
        if self.conflicts["terms"][row]:
            rest = self._told(row, moved + OTHER_TERM, names)
            return [*rest, Reason("other_term", "Another term than the other side's", *names, -OTHER_TERM)]
        return self._told(row, moved, names)

    def _told(self, row: int, moved: float, names: tuple[str, str]) -> list[Reason]:
        if self.same_product[row]:
            return [Reason("catalogue", "The same product in Microsoft's catalogue", *names, moved)]
        if self.several[row]:
            text = "The line adds up several products" if self.bundle[row] else "The line names a family, no product"
            return [Reason("bundle" if self.bundle[row] else "lump_sum", text, *names, moved)]
        if self.other_words[row] and moved < 0 and not self.other_product[row]:
            return [Reason("other_words", "The names tell of different things, and nothing else of one", *names, moved)]
        if self.other_product[row] and moved < 0:
            return [Reason("catalogue", "Different products in Microsoft's catalogue", *names, moved)]
        return [Reason("limit", "Likeness alone is never certain", "", "", moved)] if abs(moved) > TINY else []


def _half(matrix: NDArray[np.float32]) -> Bools:
    """Pairs of which one name has less than half of its words in the other."""
    return np.asarray(np.minimum(matrix[:, _AT["words_of_left"]], matrix[:, _AT["words_of_right"]]) < HALF)


def _supported(matrix: NDArray[np.float32]) -> Bools:
    """Pairs for which the vendor or the counts at clients speak too."""
    return np.asarray((matrix[:, _AT["vendor"]] == 1) | (matrix[:, _AT["quantity_share"]] >= SURE_OF_VENDOR))


def _conflicts(matrix: NDArray[np.float32]) -> dict[str, Bools]:
    found: dict[str, Bools] = {}
    for name in _WHAT:
        column = matrix[:, _AT[name]]
        found[name] = np.asarray(column < 1.0 if name in _ONE_SIDED else column == 0.0)
    # An edition that one name leaves out may be any, unless something else says that it is this one.
    found["editions"] |= (matrix[:, _AT["editions"]] < 1.0) & ~_supported(matrix)
    # Both names hold a telling word that the other lacks ("Threat Analytics", "Intune Analytics").
    over = (matrix[:, _AT["rarest_left_over"]] >= TELLING) & (matrix[:, _AT["rarest_right_over"]] >= TELLING)
    share, same_vendor = matrix[:, _AT["quantity_share"]], matrix[:, _AT["vendor"]] == 1
    found["words"] = np.asarray(over & ~((share >= SURE_COUNTS) | (same_vendor & (share >= SURE_OF_VENDOR))))
    return found


def rule(left: ServiceSide, right: ServiceSide, pairs: Pairs, matrix: NDArray[np.float32]) -> ServiceRuling:
    """What the rules say of the candidate pairs."""
    coded = code_pairs(left, right)
    ids = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    same_code = np.array([pair in coded for pair in ids], np.bool_)
    same_product = np.asarray(matrix[:, _AT["product"]] == 1)
    bundles = np.array([is_bundle(f"{s.name} {s.description}") for s in right.services], np.bool_)
    lumps = np.array([is_lump(name) and bool(name.core) for name in right.read], np.bool_)
    families = np.array([left.read[i].core == right.read[j].core for i, j in ids], np.bool_)
    bundle = bundles[pairs.right]
    several = bundle | (lumps[pairs.right] & ~families)
    conflicts = _conflicts(matrix)
    anything = np.logical_or.reduce(list(conflicts.values()))
    # Names that contradict a shared code are a wrong code in the PSA as often as not.
    strict = np.logical_or.reduce([matrix[:, _AT[name]] == 0.0 for name in ("tiers", "editions", "audiences")])
    planless = np.array([left.planless[i] != right.planless[j] for i, j in ids], np.bool_) & ~same_code
    half, supported = _half(matrix), _supported(matrix) | same_code | same_product
    telling = (matrix[:, _AT["rarest_left_over"]] >= TELLING) & (matrix[:, _AT["rarest_right_over"]] >= TELLING)
    other_words = (half & telling) | conflicts["devices"] | (matrix[:, _AT["editions"]] == 0.0)
    veto = np.where(same_code, strict, np.where(same_product, conflicts["terms"], anything))
    return ServiceRuling(
        same_code=same_code,
        same_product=same_product,
        other_product=np.asarray(matrix[:, _AT["product"]] == 0),
        several=np.asarray(several & ~same_code & ~same_product),
        bundle=bundle,
        conflicts=conflicts,
        other_words=np.asarray(other_words & ~supported),
        half=np.asarray(half & ~supported),
        planless=planless,
        veto=np.asarray(veto | planless | (half & ~supported)),
    )
