"""Checks and findings in words: what a check says and costs, what a run counted of it, and why a finding is one, or is none."""
