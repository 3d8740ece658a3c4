"""Where a resource is in AWS's own console."""

from __future__ import annotations

from urllib.parse import quote

from functions.core.aws.partitions import CONSOLES


def console(arn: str, region: str) -> str:
    """The address in the console of the ARN's partition; "" for a partition whose console is not known.

    AWS's own console finds the page of an ARN, in the account and region that it names, and asks whoever is signed in to another account
    to change it. The other partitions' consoles have no such address that we know of: there it is the region's first page.
    """
    partition = arn.split(":")[1] if arn.count(":") > 1 else ""
    if partition == "aws":
        return f"https://console.aws.amazon.com/go/view?arn={quote(arn, safe='')}"
    host = CONSOLES.get(partition, "").format(region=region)
    return f"https://{host}/console/home?region={quote(region, safe='')}" if host else ""
