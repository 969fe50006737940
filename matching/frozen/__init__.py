"""The frozen bench: labelled lists by kind of difficulty, and the gate that no change of the matcher may fall below.

`python -m matching.frozen` prints the numbers, `--accept` makes them the new gate. The cases are the CSV files here.
"""
