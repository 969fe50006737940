"""Measures matching: `speed` on many names, `accuracy` on labelled lists, both beside `rivals` and a `peer`.

Nothing here is used when matching. What must hold is in the tests and in `matching.frozen`.
"""
