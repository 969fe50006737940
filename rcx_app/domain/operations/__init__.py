"""The whole installation as its operator sees it: for `rcx doctor` and the metrics. Nothing here changes anything."""
