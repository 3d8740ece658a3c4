"""What runs on your machine: the CLI, and the embedded AWS that the CLI and the tests start."""

VERSION = "0.1.0"
"""As in pyproject.toml, which is not there where only the package is."""
