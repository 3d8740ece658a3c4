"""What the history knows of a finding: one line of it, and what that line means in money and in a report."""

from __future__ import annotations

from typing import Any

from functions.core.rank.totals import PER_DOLLAR, exact

Known = dict[str, Any]
"""One line: id, unit, check, arn, name, likely (USD per month, null when unpriced), first, last, resolved (run moments or null).

With an export of the bill `billed` too: what the resource is called there, and its cost per month in the bill's currency. Two keys are
there only when they say something, so that files stay small; lines of before have neither and are taken as they are:

- `uncounted`: true when the finding has a price and was not in the sum when it was last seen: another one counted for its resource, or it
  was suppressed. And when it is gone since its check compares with other numbers (retuned.py): nobody saved anything by that.
- `rest`: of a resolved one, USD per month of `likely` that another finding of the same resource counts since: of an idle instance that was
  stopped, what its storage still bills. It is realised when that other one is resolved.
"""


def worth(known: Known) -> int:
    """What a resolved finding has realised, in hundredths of a cent a month: so no money of a resource is counted twice, whether its
    findings are resolved together or one after the other."""
    return 0 if known.get("uncounted") else exact(known["likely"] or 0.0) - exact(known.get("rest", 0.0))


def region(known: Known) -> str:
    """The resource's: a unit may be about all regions, and not every ARN names one."""
    named = known["arn"].split(":")
    return str(named[3] if len(named) > 5 and named[3] else known["unit"].split(".", 2)[1])


def as_resolved(known: Known) -> dict[str, Any]:
    """A resolved finding as the report shows it. `monthly_savings_likely` is what it would have saved, None when it was unpriced;
    `realised_likely` what of it is in the sums. Both in USD per month."""
    return {
        "finding_id": known["id"],
        "check_id": known["check"],
        "resource_arn": known["arn"],
        "resource_name": known["name"],
        "account": known["unit"].partition(".")[0],
        "region": region(known),
        "monthly_savings_likely": known["likely"],
        "realised_likely": worth(known) / PER_DOLLAR,
        "first_seen": known["first"],
        "last_seen": known["last"],
        "lifecycle": "resolved",
    }
