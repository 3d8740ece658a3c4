"""`finops history` and `finops diff`: runs of the same scope, compared."""
