"""What became of findings over the runs: which runs may be compared, how their sums went, and what was realised."""
