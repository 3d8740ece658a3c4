"""Which checks are on, and what they compare with, where somebody has said so: `config/checks.toml` in the bucket, see file.py."""
