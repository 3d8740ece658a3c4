"""What is looked for, and why something is found or is not: `finops checks` and `finops explain`."""
