"""What the builder is opened with: a product's name, or a rule that counts usage nothing takes yet."""

from __future__ import annotations

from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import known, screens
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.ui.pages.services.reading import sku_id

_SOMETHING = "-"


def product_name(session: Any, context: Context, code: str) -> str:
    """The name of a product, or its code where none is known."""
    found = known.products(session, context, code)
    return next((each.name for each in found if fold(each.code) == fold(code)), code)


def rule_for(session: Any, context: Context, open_id: str) -> RuleSpec:
    """A rule for a group of unaccounted usage. Its product has to be chosen. Raises NotFound."""
    row = next((each for each in screens.unaccounted_by_sku(session, context) if sku_id(each) == open_id), None)
    if row is None:
        raise NotFound("This usage", remedy="A rule takes it by now; look at the list as it is.")
    if row.sku:
        leaf: dict[str, Any] = {"field": "sku", "op": "eq", "value": row.sku}
    elif row.sku_name:
        leaf = {"field": "sku_name", "op": "eq", "value": row.sku_name}
    else:
        leaf = {"field": "sku", "op": "is_empty"}
    name = row.sku_name or row.sku or f"{row.integration} seats"
    return RuleSpec.model_validate(
        {"name": name[:200], "products": [_SOMETHING], "integration": row.integration, "where": {"all": [leaf]}}
    )
