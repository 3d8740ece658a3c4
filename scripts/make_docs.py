"""Make the pages of docs/ that are generated: the checks, the settings, who may do what, and what it costs.

python -m scripts.make_docs            write the pages
python -m scripts.make_docs --check    write nothing, exit 1 when a page differs from the code
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts import checks_page, costs_page, iam_page, settings_page

FOLDER = Path(__file__).parents[1] / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "CHECKS.md": checks_page.page,
    "SETTINGS.md": settings_page.page,
    "IAM.md": iam_page.page,
    "COSTS.md": costs_page.page,
}


def stale() -> list[str]:
    """The pages that differ from the code."""
    return [name for name, page in PAGES.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != page()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a page is stale")
    if parser.parse_args().check:
        differing = stale()
        for name in differing:
            print(f"docs/{name} differs from the code: run `make docs` and commit it")
        return 1 if differing else 0
    for name, page in PAGES.items():
        written = (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}: {written:,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
