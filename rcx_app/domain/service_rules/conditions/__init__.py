"""Condition trees over seats: checked here, and compiled to one SQL expression that count and evidence share.

A tree is `{"all" | "any" | "none": [leaf or tree, ...]}`, a leaf `{"field": ..., "op": ..., "value": ...}`; an empty
tree takes every seat. The meaning is that of docs/arithmetic.md: text is compared folded; a missing value satisfies
only `is_empty`, `ne` and `not_in`. Each compiled leaf is true or false, never null, so `none` needs no special care.

Fields: FIELDS below, and `attributes.<name>` for a column of the source that has no place of its own (a bare name works
where the caller knows that such a column exists). Dates compare by the UTC day; attributes compare as text, and by
`lt le gt ge` as numbers where they are plain numbers (other text satisfies none of the four).
"""

from rcx_app.domain.service_rules.conditions.compile import Compiler, any_of, midnight, prepare
from rcx_app.domain.service_rules.conditions.fields import (
    ATTRIBUTE_PREFIX,
    EVERYTHING,
    FIELDS,
    OPS,
    BadCondition,
    Leaf,
    Tree,
    leaves,
)
from rcx_app.domain.service_rules.conditions.parse import check, to_json

__all__ = [
    "ATTRIBUTE_PREFIX",
    "EVERYTHING",
    "FIELDS",
    "OPS",
    "BadCondition",
    "Compiler",
    "Leaf",
    "Tree",
    "any_of",
    "check",
    "leaves",
    "midnight",
    "prepare",
    "to_json",
]
