"""Findings beside the bill: its own rates, what it shows to be used, what commitments pay for already, and what each resource cost."""
