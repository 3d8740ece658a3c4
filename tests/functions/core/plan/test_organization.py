"""An organization's accounts: all of them or an error, whatever AWS makes of its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core.aws.sessions import CONFIG
from functions.core.errors import InvalidInput, OrganizationError, Throttled
from functions.core.plan import organization
from functions.core.plan.organization import EXCLUDED, LeftOut, accounts

OWN, SECOND, THIRD, FOURTH = "111111111111", "222222222222", "333333333333", "444444444444"
ROOT, TOP, BELOW, DEEP, OTHER = "r-ab12", "ou-ab12-top00000", "ou-ab12-below000", "ou-ab12-deep0000", "ou-ab12-other000"
LISTS = ("ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent")


def account(number: str, state: str = "ACTIVE") -> dict[str, str]:
    return {"Id": number, "Name": f"name of {number}", "State": state}


def refusal(code: str, message: str = "no", operation: str = "ListAccounts") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Organizations:
    """boto3's client with given pages: of all accounts, and of those and the units under a parent. An exception in a page's place is
    raised, once."""

    def __init__(self, pages: Sequence[Any] = ()) -> None:
        self.accounts: dict[str, list[Any]] = {"": [*pages]}
        self.units: dict[str, list[Any]] = {}
        self.asked: Counter[str] = Counter()

    def under(self, parent: str, accounts: Sequence[Any], units: Sequence[Any] = ((),)) -> Organizations:
        self.accounts[parent], self.units[parent] = [*accounts], [*units]
        return self

    def list_accounts(self, **given: Any) -> dict[str, Any]:
        return self._page("ListAccounts", self.accounts, "", "Accounts", given)

    def list_accounts_for_parent(self, **given: Any) -> dict[str, Any]:
        return self._page("ListAccountsForParent", self.accounts, given["ParentId"], "Accounts", given)

    def list_organizational_units_for_parent(self, **given: Any) -> dict[str, Any]:
        return self._page("ListOrganizationalUnitsForParent", self.units, given["ParentId"], "OrganizationalUnits", given)

    def _page(self, operation: str, of: Mapping[str, list[Any]], parent: str, key: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self.asked[operation] += 1
        if parent not in of:
            raise refusal("ParentNotFoundException", "You specified a root or OU that doesn't exist.", operation)
        pages, number = of[parent], int(given.get("NextToken", 0))
        if isinstance(pages[number], Exception):
            raise pages.pop(number)
        answer = {key: [{"Id": one} if key != "Accounts" else one for one in pages[number]]}
        return {**answer, "NextToken": str(number + 1)} if number + 1 < len(pages) else answer


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waiting takes no time, here and between botocore's attempts, and the clock goes on by it. Returns what was waited."""
    waited: list[float] = []
    for module in (organization, botocore.endpoint):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited)))
    return waited


def test_every_page_is_read_an_empty_one_too() -> None:
    given = Organizations([[], [account(SECOND)], [], [account(OWN)], []])
    assert accounts(given, (), (), OWN).active == [OWN, SECOND]
    assert given.asked == {"ListAccounts": 5}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"State": "SUSPENDED"}, "suspended"),
        ({"State": "PENDING_CLOSURE"}, "pending closure"),
        ({"State": "PENDING_ACTIVATION"}, "pending activation"),
        ({"State": "CLOSED", "Status": "SUSPENDED"}, "closed"),
        ({"Status": "SUSPENDED"}, "suspended"),
        ({"State": "ACTIVE", "Status": "SUSPENDED"}, ""),
        ({"Status": "ACTIVE"}, ""),
        ({}, ""),
    ],
)
def test_what_is_not_active_is_left_out_with_aws_s_word(said: dict[str, str], reason: str) -> None:
    listed = accounts(Organizations([[account(OWN), {"Id": SECOND, "Name": "shop", **said}]]), (), (), OWN)
    assert listed.left_out == ([LeftOut(SECOND, "shop", reason)] if reason else [])
    assert listed.active == ([OWN] if reason else [OWN, SECOND])


def test_what_is_excluded_is_left_out_and_everything_has_its_name() -> None:
    given = Organizations([[account(THIRD, "SUSPENDED"), account(SECOND), account(OWN)]])
    listed = accounts(given, (), [SECOND, THIRD], OWN)
    assert listed.active == [OWN]
    assert listed.left_out == [LeftOut(one, f"name of {one}", EXCLUDED) for one in (SECOND, THIRD)]
    assert listed.names == {one: f"name of {one}" for one in (OWN, SECOND, THIRD)}


def tree() -> Organizations:
    """ROOT holds the own account; TOP is in it, BELOW in TOP and DEEP in BELOW; each has an account. OTHER is beside TOP."""
    everything = [[account(OWN), account(SECOND)], [account(THIRD), account(FOURTH)]]
    return (
        Organizations(everything)
        .under(ROOT, [[account(OWN)]], [[TOP, OTHER]])
        .under(TOP, [[], [account(SECOND)]], [[], [BELOW]])
        .under(BELOW, [[account(THIRD)]], [[DEEP]])
        .under(DEEP, [[account(FOURTH, "SUSPENDED")]])
        .under(OTHER, [[]])
    )


def test_an_organizational_unit_is_listed_with_all_units_below_it() -> None:
    listed = accounts(tree(), [TOP], (), OWN)
    assert listed.active == [SECOND, THIRD]
    assert [one.account for one in listed.left_out] == [FOURTH]


def test_units_that_overlap_are_merged_and_asked_once() -> None:
    given = tree()
    assert accounts(given, [BELOW, TOP, BELOW], (), OWN).active == [SECOND, THIRD]
    assert given.asked == {"ListAccountsForParent": 4, "ListOrganizationalUnitsForParent": 4}  # TOP's two pages, BELOW, DEEP


def test_a_root_is_the_whole_organization() -> None:
    given = tree()
    assert accounts(given, [ROOT], (), OWN) == accounts(tree(), (), (), OWN)
    assert given.asked == {"ListAccountsForParent": 1, "ListAccounts": 2}


@pytest.mark.parametrize("ous", [["ou-ab12-nowhere0"], [TOP, "ou-ab12-nowhere0"], [ROOT, "ou-ab12-nowhere0"], ["r-none"]])
def test_a_unit_that_does_not_exist_is_named(ous: list[str]) -> None:
    with pytest.raises(InvalidInput, match=f"^accounts: ous: {ous[-1]} is no organizational unit or root of this organization$"):
        accounts(tree(), ous, (), OWN)


def test_excluding_what_is_not_in_the_organization_is_a_mistake() -> None:
    with pytest.raises(InvalidInput, match=r"^accounts: exclude: not in the organization: 555555555555, 666666666666;"):
        accounts(tree(), (), ["666666666666", SECOND, "555555555555"], OWN)
    with pytest.raises(InvalidInput, match="not in the organization: 555555555555;"):
        accounts(tree(), [TOP], ["555555555555"], OWN)


def test_excluding_what_is_elsewhere_in_the_organization_is_none() -> None:
    assert accounts(tree(), [TOP], [OWN, THIRD], OWN).active == [SECOND]


@pytest.mark.parametrize(
    ("ous", "exclude", "message"),
    [
        ([DEEP], [], rf"^accounts: there is no account to scan under {DEEP} \(1 suspended\)$"),
        ([OTHER], [], rf"under {OTHER} \(it has none\)$"),
        ([BELOW], [THIRD], r"\(1 excluded by the input, 1 suspended\)$"),
        ([], [OWN, SECOND, THIRD, FOURTH], r"to scan in the organization \(4 excluded by the input\)$"),
    ],
)
def test_nothing_to_scan_is_a_mistake(ous: list[str], exclude: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        accounts(tree(), ous, exclude, OWN)


def test_a_list_without_the_own_account_is_not_whole() -> None:
    with pytest.raises(OrganizationError, match=f"list of 1 accounts lacks this one, {OWN}: it is not whole"):
        accounts(Organizations([[account(SECOND)]]), (), (), OWN)


def test_what_is_throttled_midway_is_asked_again_from_there(clock: list[float]) -> None:
    slow = refusal("TooManyRequestsException", "another request is already in progress")
    given = Organizations([[account(OWN)], slow, slow, [account(SECOND)]])
    assert accounts(given, (), (), OWN).active == [OWN, SECOND]
    assert given.asked == {"ListAccounts": 4}
    assert clock == [organization.PAUSE_SECONDS] * 2


def test_what_is_throttled_for_ever_ends_as_throttled_when_the_time_is_up(clock: list[float]) -> None:
    given = Organizations([[account(OWN)], *[refusal("TooManyRequestsException", "slow down")] * 100, [account(SECOND)]])
    with pytest.raises(Throttled, match=r"^organizations:ListAccounts: TooManyRequestsException: slow down; .* in a few minutes$"):
        accounts(given, (), (), OWN, budget_seconds=20)
    assert 16 <= sum(clock) <= 20


def test_a_listing_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(0, 1000, 10))
    monkeypatch.setattr(organization, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    with pytest.raises(OrganizationError, match="could not be listed in time: name fewer `ous`"):
        accounts(Organizations([[account(OWN)]] * 20), (), (), OWN, budget_seconds=60)


def test_the_same_page_for_ever_ends() -> None:
    class Stuck(Organizations):
        def list_accounts(self, **given: Any) -> dict[str, Any]:
            return {"Accounts": [account(OWN)], "NextToken": "again"}

    with pytest.raises(OrganizationError, match="ListAccounts answers the same page for ever"):
        accounts(Stuck(), (), (), OWN)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            refusal("AccessDeniedException", "You don't have permissions to access this resource."),
            rf"^organizations:ListAccounts: AccessDeniedException: .* register-delegated-administrator --account-id {OWN} ",
        ),
        (refusal("AWSOrganizationsNotInUseException"), f"^{OWN} is in no organization: "),
        (refusal("ServiceException", "internal"), "^organizations:ListAccounts: .*ServiceException.*internal: start the sweep again$"),
        (EndpointConnectionError(endpoint_url="https://organizations"), "Could not connect .*: start the sweep again$"),
    ],
)
@pytest.mark.parametrize("first", [[], [[account(OWN)]]])
def test_a_listing_that_breaks_off_is_an_error_of_one_line(first: list[Any], error: Exception, message: str) -> None:
    with pytest.raises(OrganizationError, match=message) as broken:
        accounts(Organizations([*first, error, [account(SECOND)]]), (), (), OWN)
    assert "\n" not in str(broken.value)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ServiceException"])
def test_a_unit_that_cannot_be_listed_is_an_error_too(code: str) -> None:
    given = tree().under(BELOW, [[account(THIRD)]], [[], refusal(code), [DEEP]])
    with pytest.raises(OrganizationError, match=rf"organizations:ListOrganizationalUnitsForParent: .*{code}"):
        accounts(given, [TOP], (), OWN)


ids = st.lists(st.integers(10**11, 10**12 - 1).map(str), unique=True, max_size=60)


@given(ids, st.lists(st.integers(0, 25), max_size=20), st.data())
def test_however_it_is_cut_into_pages_it_is_the_same_set(others: list[str], sizes: list[int], data: st.DataObject) -> None:
    everyone = [OWN, *(one for one in others if one != OWN)]
    pages: list[Any] = []
    start = 0
    for size in sizes:
        pages.append([account(one) for one in everyone[start : start + size]])
        start += size
    pages.append([account(one) for one in everyone[start:]])
    for at in data.draw(st.lists(st.integers(0, len(pages) - 1), max_size=4)):
        pages.insert(at, refusal("TooManyRequestsException"))
    assert accounts(Organizations(pages), (), (), OWN).active == sorted(everyone)


@pytest.fixture
def real() -> Iterator[Any]:
    """boto3's client as the functions have it, in an organization of moto with 45 more accounts, 22 of them two units down."""
    with mock_aws():
        client = boto3.client("organizations", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x", config=CONFIG)
        client.create_organization()
        yield client


def test_boto3_s_client_pages_and_its_errors_are_understood(real: Any) -> None:
    own = real.describe_organization()["Organization"]["MasterAccountId"]
    root = real.list_roots()["Roots"][0]["Id"]
    top = real.create_organizational_unit(ParentId=root, Name="top")["OrganizationalUnit"]["Id"]
    below = real.create_organizational_unit(ParentId=top, Name="below")["OrganizationalUnit"]["Id"]
    made = [real.create_account(AccountName=f"n{n}", Email="a@b.example")["CreateAccountStatus"]["AccountId"] for n in range(45)]
    for one in made[:22]:
        real.move_account(AccountId=one, SourceParentId=root, DestinationParentId=below)
    real.close_account(AccountId=made[0])
    assert accounts(real, (), (), own).active == sorted([own, *made[1:]])
    listed = accounts(real, [top], [made[44]], own)
    assert (listed.active, listed.left_out) == (sorted(made[1:22]), [LeftOut(made[0], "n0", "suspended")])
    with pytest.raises(InvalidInput, match="ou-ab12-nowhere0 is no organizational unit"):
        accounts(real, ["ou-ab12-nowhere0"], (), own)


@pytest.mark.parametrize(("times", "pauses"), [(2, 0), (7, 1), (12, 2)])
def test_botocore_s_retries_come_first(real: Any, clock: list[float], times: int, pauses: int) -> None:
    """2 throttled requests are botocore's own matter, 7 are more than its five attempts."""
    throttle(real, times)
    own = real.describe_organization()["Organization"]["MasterAccountId"]
    assert accounts(real, (), (), own).active == [own]
    assert clock.count(organization.PAUSE_SECONDS) == pauses
    assert len(clock) == times


def test_waiting_for_throttled_requests_has_a_limit(real: Any, clock: list[float]) -> None:
    throttle(real, 1000)
    with pytest.raises(Throttled, match="TooManyRequestsException"):
        accounts(real, (), (), OWN, budget_seconds=40)
    longest_round = 1 + 2 + 4 + 8  # of botocore's five attempts
    assert 20 < sum(clock) < 40 + longest_round


def throttle(client: Any, times: int) -> None:
    """So many requests are refused before one reaches AWS."""
    left = [times]

    def refuse(request: Any, **_: Any) -> AWSResponse | None:
        if not left[0]:
            return None
        left[0] -= 1
        headers: Any = {"x-amzn-errortype": "TooManyRequestsException"}
        raw = SimpleNamespace(stream=lambda: [b'{"__type": "TooManyRequestsException", "Message": "slow down"}'])
        return AWSResponse(request.url, 400, headers, raw)

    client.meta.events.register_first("before-send.organizations.ListAccounts", refuse)


def test_whatever_the_region_the_one_global_endpoint_is_asked() -> None:
    def endpoint(region: str) -> str:
        return str(boto3.client("organizations", region, aws_access_key_id="x", aws_secret_access_key="x").meta.endpoint_url)

    assert endpoint("eu-central-1") == endpoint("ap-east-1") == "https://organizations.us-east-1.amazonaws.com"
    assert endpoint("cn-north-1") == "https://organizations.cn-northwest-1.amazonaws.com.cn"
    assert endpoint("us-gov-east-1") == "https://organizations.us-gov-west-1.amazonaws.com"


@pytest.mark.parametrize("operation", LISTS)
def test_aws_bears_pages_of_this_size(operation: str) -> None:
    client = boto3.client("organizations", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    size = client.meta.service_model.operation_model(operation).input_shape.members["MaxResults"]
    assert size.metadata["max"] == organization.PAGE
