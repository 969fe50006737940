"""Service rules: which usage is counted against which PSA products. Nothing is compared here; see `reconcile`.

conditions/    a condition tree over seat fields, checked and compiled to one SQL expression
patterns.py    the safe regular expressions of the `matches` operator
schemas.py     RuleSpec (the shape of a rule in YAML, JSON and forms) and what the screens read
rules_file.py  `load_rules`, `dump_rules`
units.py       what can be counted and what is billed
evidence.py    both as `matching` takes them
suggestions.py rules inferred from lines and usage
presets.py     the common billing models of each connector
offers.py      presets offered, previewed and applied in bulk
sentence.py    a rule as a sentence of (text, is_emphasised) parts; difference.py: what differs between two
preview.py     what a draft would change today; backtest.py: what it would have expected in the months that are kept
exchange.py    all rules to a YAML file and back
service.py     suggest, accept, reject, accept_many, undo, retire, create, replace; list_products, unaccounted_by_sku
"""
