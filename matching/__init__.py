"""Pure matching of organisations and services: names and attributes in, scored and explained pairs out.

No database, no network, nothing of the application. Start at `matching.engine.match` and
`matching.services.engine.match_services`; `matching.types` holds what goes in and comes out.
"""
