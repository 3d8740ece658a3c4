"""`python -m finops` is `finops`."""

from __future__ import annotations

import sys

from finops.cli import main

if __name__ == "__main__":
    sys.exit(main())
