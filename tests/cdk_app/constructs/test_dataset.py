"""The table and the workgroup on the template: what the rows hold, where they lie, and what a query may cost."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Stack
from hypothesis import given
from hypothesis import strategies as st

from cdk_app.constructs.dataset import database_name
from cdk_app.constructs.saved_queries import saved
from cdk_app.settings.settings import InvalidContext, parse
from functions.core.rank import dataset
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.cdk_app.templates import Json, resources


@pytest.fixture
def table(template: Json) -> Json:
    return tables(template)["findings"]


def tables(template: Json) -> dict[str, Json]:
    """Table → its properties."""
    return {one["TableInput"]["Name"]: one for one in resources(template, "AWS::Glue::Table").values()}


@pytest.fixture
def workgroup(template: Json) -> Json:
    [found] = resources(template, "AWS::Athena::WorkGroup").values()
    return found


def test_the_columns_are_those_of_the_rows_in_small_letters(table: Json) -> None:
    columns = {one["Name"]: one["Type"] for one in table["TableInput"]["StorageDescriptor"]["Columns"]}
    assert columns == {name.lower(): type_ for name, type_ in dataset.COLUMNS.items()}
    assert len(columns) == len(dataset.COLUMNS)


def test_the_table_lies_where_the_dataset_is_written(template: Json, table: Json) -> None:
    [bucket] = resources(template, "AWS::S3::Bucket")
    location = table["TableInput"]["StorageDescriptor"]["Location"]
    assert location == {"Fn::Join": ["", ["s3://", {"Ref": bucket}, "/findings/"]]}
    assert RunFolder(Bucket(None, ""), "r").rows("2026-11-24").startswith("findings/run_date=2026-11-24/")


def test_the_rates_are_a_table_beside_the_findings(template: Json) -> None:
    made = tables(template)
    assert set(made) == set(dataset.TABLES)
    columns = {one["Name"]: one["Type"] for one in made["rates"]["TableInput"]["StorageDescriptor"]["Columns"]}
    assert columns == {name.lower(): type_ for name, type_ in dataset.RATES.items()}
    assert made["rates"]["TableInput"]["StorageDescriptor"]["Location"]["Fn::Join"][1][-1] == "/rates/"
    assert made["rates"]["TableInput"]["Parameters"] == made["findings"]["TableInput"]["Parameters"]


def test_partitions_are_days_that_athena_works_out_and_no_query_has_to_name_one(table: Json) -> None:
    assert [(key["Name"], key["Type"]) for key in table["TableInput"]["PartitionKeys"]] == [(dataset.PARTITION, "string")]
    parameters = table["TableInput"]["Parameters"]
    projection = {key.removeprefix("projection."): value for key, value in parameters.items() if key.startswith("projection.")}
    assert projection == {
        "enabled": "true", "run_date.type": "date", "run_date.format": "yyyy-MM-dd", "run_date.range": "NOW-400DAYS,NOW",
    }  # fmt: skip
    assert "storage.location.template" not in parameters, "run_date=YYYY-MM-DD/ is the default"


def test_findings_are_kept_as_long_as_the_table_looks_back_and_results_a_week(template: Json) -> None:
    [bucket] = resources(template, "AWS::S3::Bucket").values()
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in rule}
    assert days == {"runs/": 400, "findings/": 400, "rates/": 400, "athena-results/": 7}


def test_the_workgroup_is_enforced_limited_and_encrypted(template: Json, workgroup: Json) -> None:
    [bucket] = resources(template, "AWS::S3::Bucket")
    configuration = workgroup["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10 * 1024**3
    assert configuration["ResultConfiguration"] == {
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
        "OutputLocation": {"Fn::Join": ["", ["s3://", {"Ref": bucket}, "/athena-results/"]]},
    }
    assert workgroup["State"] == "ENABLED"


def test_the_saved_queries_are_athenas_too(template: Json, table: Json, workgroup: Json) -> None:
    queries = {one["Name"]: one for one in resources(template, "AWS::Athena::NamedQuery").values()}
    assert {name: query["QueryString"] for name, query in queries.items()} == {name: query.sql for name, query in saved().items()}
    assert {query["Database"] for query in queries.values()} == {table["DatabaseName"]} == {"finopsanalyzer"}
    assert {query["WorkGroup"] for query in queries.values()} == {workgroup["Name"]} == {"FinOpsAnalyzer"}
    assert len(queries) == 6


def test_what_names_another_resource_by_its_text_waits_for_it(template: Json) -> None:
    needs: dict[str, Any] = {
        "AWS::Glue::Table": resources(template, "AWS::Glue::Database"),
        "AWS::Athena::NamedQuery": resources(template, "AWS::Athena::WorkGroup"),
    }
    for resource in template["Resources"].values():
        if resource["Type"] in needs:
            assert resource["DependsOn"] == list(needs[resource["Type"]])


@pytest.mark.parametrize(("limit", "good"), [(9_999_999, False), (10_000_000, True)])
def test_the_limit_is_at_least_what_athena_takes(limit: int, good: bool) -> None:
    """https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html"""
    if good:
        assert parse({"athena_bytes_limit": limit}).athena_bytes_limit == limit
    else:
        with pytest.raises(InvalidContext, match="athena_bytes_limit"):
            parse({"athena_bytes_limit": limit})


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,60}", fullmatch=True))
def test_every_stack_name_makes_a_name_that_athena_takes(name: str) -> None:
    made = database_name(Stack(None, "Any", stack_name=name))
    assert made == "".join(letter if letter.isalnum() else "_" for letter in name.lower())
