"""The recipes for buckets: what is found of each, and when. Sizes are reported for three days, so that nothing is known much later."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from finops.fleet.recipes import s3
from finops.fleet.scope import Book, Scope
from functions.scanners.s3.bucket.sizes import LOOK_BACK, MIN_AGE
from functions.scanners.s3.bucket.uploads import MOST_PARTS, OLD
from tests.finops.fleet.making import ACCOUNT, AS_OF, REGION, Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "bucket-kept-in-standard": on((60,), s3.NO_LIFECYCLE),
    "bucket-with-versions": on((60,), s3.VERSIONS),
    "bucket-with-rules": {},
    "bucket-of-99-gigabytes": {},
    "bucket-in-intelligent-tiering": {},
    "bucket-of-millions-of-small-objects": {},
    "small-objects-in-standard-ia": on((60,), s3.SMALL),
    "bucket-with-incomplete-uploads": on((60, 100), s3.UPLOADS),
    "bucket-with-uploads-that-have-no-parts": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(s3)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(s3)


def test_the_checks_wait_as_long_as_the_recipes_say() -> None:
    assert (LOOK_BACK.default, MIN_AGE.default, OLD.days, MOST_PARTS) == (s3.LOOK_BACK, s3.MONTH, s3.WEEK_OLD, s3.COUNTED)


@pytest.mark.parametrize("recipe", recipes_of(s3), ids=lambda recipe: recipe.id)
def test_it_is_known_where_each_lies(recipe: Any) -> None:
    book = Made(recipe).book
    keys = {arn for (arn, _), _ in book.planted} | {arn for arn, _ in book.near}
    assert book.places == dict.fromkeys(keys, (ACCOUNT, REGION))


class Deployed:
    """A region with a bucket of the analyzer's deployment, one of a recipe, and a region without any."""

    accounts, regions = (ACCOUNT,), (REGION,)
    there = ("analyzer", "ours")

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        def paginate(BucketRegion: str) -> list[dict[str, Any]]:  # noqa: N803  # AWS's name
            return [{"Buckets": [{"Name": name} for name in self.there]}] if BucketRegion == REGION else [{}]

        return SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=paginate))


def test_buckets_that_no_recipe_made_are_counted_in_their_region() -> None:
    book = Book()
    book.lies("arn:aws:s3:::ours", ACCOUNT, REGION)
    for region in (REGION, "eu-west-1"):
        s3.buckets_of_the_analyzer(Scope(Deployed(), ACCOUNT, region, book, AS_OF))
    assert book.resources == {s3.BUCKET: 1}
