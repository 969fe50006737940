"""What a workspace's verdicts add to the shipped model: a few numbers per group of evidence. The entry is `learn`."""
