"""Everything that one bill is made of, in as few requests as possible, each of them through the cache.

Without commitments one account takes five requests on its first sweep of a day, and none after it. Where reservations paid for databases,
one more tells of which engine and deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from functions.core import telemetry
from functions.core.aws import partitions
from functions.core.aws.clients import Aws
from functions.core.aws.roles import reader_session
from functions.core.aws.sessions import own_client
from functions.core.costs import explorer, queries
from functions.core.costs.cache import Cache, Form
from functions.core.costs.queries import BY_PLAN, BY_RESERVATION, ON_DEMAND, Query
from functions.core.costs.rows import Answers, CostRow, EngineRow, NoBill, ReservationRow, SavingsPlanRow, Window
from functions.core.costs.services import COMMITMENTS
from functions.core.costs.usage_types import parse
from functions.core.errors import Denied
from functions.core.services import instance_hours
from functions.core.settings import FREE, Settings
from functions.core.store.bucket import Bucket

OF_RESERVATIONS = frozenset({BY_RESERVATION, "RIFee", "Recurring", "Upfront"})
"""Record types that only a reservation makes: its usage, and its fees by their names in reports and in Cost Explorer."""


@dataclass(slots=True)
class Asker:
    """Asks Cost Explorer through the cache, and counts: `requests` made, answers that were `cached`.

    `connect` gives the `Aws` of the billing account, and is called only when something has to be asked. `short_seconds`: how long a
    refusal is remembered. `never`: why nothing is asked at all, not even what is kept; "" to ask. `view`: the ARN of a billing view.
    """

    cache: Cache
    billing_account: str
    connect: Callable[[], Aws]
    short_seconds: float
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    cached: int = 0
    aws: Aws | None = None
    never: str = ""
    view: str = ""

    @property
    def requests(self) -> int:
        """Requests of Cost Explorer, each attempt: what is billed."""
        return sum(number for call, number in self.aws.meter.calls.items() if call.startswith("ce:")) if self.aws else 0

    def rows(self, query: Query) -> Any:
        """The rows of a query's answer. Raises NoBill and Throttled."""
        if self.never:
            raise NoBill(self.never)
        query = query.through(self.view)
        kept = self.cache.get(
            query.digest(self.billing_account),
            lambda renew: self._ask(query, renew),
            _form(query),
            seconds=query.good_for(self.clock(), self.short_seconds),
            refused_seconds=self.short_seconds,
            what=f"{query.name} {query.parameters['TimePeriod']['Start']} to {query.parameters['TimePeriod']['End']}",
        )
        self.cached += kept.cached
        return kept.value

    def _ask(self, query: Query, renew: Callable[[], object]) -> explorer.Rows:
        if self.aws is None:
            try:
                self.aws = self.connect()
            except Denied as denied:
                raise NoBill(str(denied)) from denied
        return explorer.ask(self.aws, query, renew)


def asker(config: Settings, run_id: str, wait_seconds: float) -> Asker:
    """The one that a function's settings describe. It waits for another sweep's answer for `wait_seconds` at most."""
    account = config.billing_account or config.aws_account_id

    def connect() -> Aws:
        if reason := partitions.lacks(config.aws_region, partitions.Feature.BILL):
            raise NoBill(reason)
        role = (account, config.aws_account_id, config.member_role_name, config.member_external_id, run_id)
        return Aws(account, partitions.home(config.aws_region), reader_session(*role), renew=partial(reader_session, *role, anew=True))

    bucket = Bucket(own_client("s3", config.bucket_region), config.s3_bucket_name)
    cache = Cache(own_client("dynamodb"), config.state_table_name, bucket, wait_seconds=wait_seconds)
    never = "" if config.paid_requests else f"Cost Explorer was not asked, because each request costs money and {FREE}"
    return Asker(cache, account, connect, config.cost_cache_ttl_minutes * 60.0, never=never, view=config.billing_view_arn or "")


def _form(query: Query) -> Form[explorer.Rows]:
    adapter = explorer.ADAPTERS[query.operation]

    def read(body: bytes) -> explorer.Rows:
        try:
            rows: explorer.Rows = adapter.validate_json(body, strict=True)
        except ValidationError as error:
            raise ValueError(str(error)) from None
        return rows

    return Form(adapter.dump_json, read)


def gather(asker: Asker, window: Window, accounts: Sequence[str]) -> Answers:
    """The answers for a bill of `accounts`. Raises NoBill when not even the costs by day can be had, and Throttled.

    Anything else that is refused is empty, and named in `refused`.
    """
    few = len(accounts) <= queries.PAIRS_DAILY
    daily: tuple[CostRow, ...] = asker.rows(queries.daily(window, accounts))
    parts = _Parts(asker)
    by_month: tuple[CostRow, ...] = ()
    before: tuple[CostRow, ...] = ()
    if not few:
        by_month = parts.costs("accounts", queries.by_account("accounts", window.start, window.end, accounts))
        if window.before:
            before = parts.costs("before", queries.by_account("before", window.before, window.start, accounts))
    spread = parts.costs("regions", queries.regions(window, accounts))
    if len(accounts) == 1:
        used = parts.costs("usage", queries.usage_of_one(window, accounts[0]))
        kinds = {row.keys[0] for row in used}
        usage, plan_covered, reserved = (_of(used, kind, accounts[0]) for kind in (ON_DEMAND, BY_PLAN, BY_RESERVATION))
    else:
        usage = parts.costs("usage", queries.usage("usage", window, accounts, ON_DEMAND))
        kinds = {row.keys[0] for row in parts.costs("kinds", queries.kinds(window, accounts))}
        plan_covered = parts.costs("plan_covered", queries.usage("plan_covered", window, accounts, BY_PLAN)) if BY_PLAN in kinds else ()
        is_reserved = BY_RESERVATION in kinds
        reserved = parts.costs("reserved", queries.usage("reserved", window, accounts, BY_RESERVATION)) if is_reserved else ()
    plans: tuple[SavingsPlanRow, ...] = ()
    if any(kind.startswith("SavingsPlan") for kind in kinds) or any(row.keys[0].startswith(COMMITMENTS) for row in daily):
        plans = parts.rows("savings_plans", queries.savings_plans(window))
    reservations: tuple[ReservationRow, ...] = ()
    if kinds & OF_RESERVATIONS:
        for service in instance_hours():
            reservations += parts.rows("reservations", queries.reservations(window, service))
    by_engine: tuple[EngineRow, ...] = ()
    for service in sorted({known.service for row in reserved if (known := parse(row.keys[1])) is not None and known.hours}):
        if instance_hours()[service].by_engine:
            by_engine += parts.rows("by_engine", queries.by_engine(window, service, accounts))
    return Answers(
        window=window,
        daily=daily,
        accounts=by_month,
        before=before,
        regions=spread,
        usage=usage,
        plan_covered=plan_covered,
        reserved=reserved,
        savings_plans=plans,
        reservations=reservations,
        by_engine=by_engine,
        shared=parts.costs("shared", queries.shared(window, accounts)),
        priced=parts.costs("priced", queries.priced(window)),
        priced_by_operation=parts.costs("priced_by_operation", queries.priced_by_operation(window)),
        refused=parts.refused,
    )


T = TypeVar("T")


class _Parts:
    """The parts that a bill can be without: a refused one is empty."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self.refused: dict[str, str] = {}

    def rows(self, name: str, query: Query) -> tuple[Any, ...]:
        try:
            rows: tuple[Any, ...] = self._asker.rows(query)
        except NoBill as refused:
            telemetry.logger.warning("a part of the bill is missing", part=name, reason=refused.reason)
            self.refused[name] = refused.reason
            return ()
        return rows

    def costs(self, name: str, query: Query) -> tuple[CostRow, ...]:
        return self.rows(name, query)


def _of(rows: Sequence[CostRow], kind: str, account: str) -> tuple[CostRow, ...]:
    """Of (record type, usage type) rows of one account: those of a record type, as (account, usage type) rows."""
    return tuple(
        CostRow(row.period_start, row.period_end, (account, row.keys[1]), row.unblended, row.amortized, row.net_amortized, row.quantity)
        for row in rows
        if row.keys[0] == kind
    )
