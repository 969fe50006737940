"""Services that take no part in comparisons: a billed product, a SKU of usage, or one line, each with the reason.

    exclude(session, context, scope, connection_id, key, reason) -> exclusion id
    lift(session, context, exclusion_id) -> None
    exclusions(session, context) -> tuple[ExclusionRow, ...]

All in `service`. Excluding accounts is the mapping's.
"""
