"""Inputs that were judged or priced wrong once, one file each, as they were noted; test_cases.py has what is right of each."""
