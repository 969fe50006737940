"""The side panel of one finding, the same beside every list: why, how it was worked out, and the seats behind it."""
