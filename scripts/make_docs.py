"""Make what is generated: docs/ about the checks, the settings, who may do what, what it costs and the prices, and README's sample output.

python -m scripts.make_docs                                        write the pages
python -m scripts.make_docs --check                                write nothing, exit 1 when a page differs from the code
python -m scripts.make_docs --sample out/latest/report.json        show that sweep of the sample fleet in README.md from now on
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts import checks_page, costs_page, iam_page, prices_page, readme_sample, settings_page

ROOT = Path(__file__).parents[1]
PAGES: Mapping[str, Callable[[], str]] = {
    "README.md": readme_sample.page,
    "docs/CHECKS.md": checks_page.page,
    "docs/SETTINGS.md": settings_page.page,
    "docs/IAM.md": iam_page.page,
    "docs/COSTS.md": costs_page.page,
    "docs/PRICES.md": prices_page.page,
}


def stale() -> list[str]:
    """The pages that differ from the code."""
    return [name for name, page in PAGES.items() if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != page()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a page is stale")
    parser.add_argument("--sample", type=Path, metavar="FILE", help="the report.json of the sweep that README.md is to show")
    given = parser.parse_args()
    if given.check:
        differing = stale()
        for name in differing:
            print(f"{name} differs from the code: run `make docs` and commit it")
        return 1 if differing else 0
    if given.sample:
        readme_sample.take(given.sample)
    for name, page in PAGES.items():
        written = (ROOT / name).write_text(page(), encoding="utf-8")
        print(f"{name}: {written:,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
