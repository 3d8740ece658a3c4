"""A Data Export of AWS, where the account has one: what each resource cost, from the bill itself. Asked of Athena."""
