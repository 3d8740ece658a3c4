"""What holds for every test."""

import moto  # noqa: F401  # before any session is made: moto answers only what was made after it was imported
