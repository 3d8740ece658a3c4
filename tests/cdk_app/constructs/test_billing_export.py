"""What the setting `billing_export` adds: the Cost function's rights and variables, and nothing without it."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_app.settings.settings import InvalidContext, parse
from tests.cdk_app.templates import Json, functions, many, resources, statements

SIDS = {"ReadExport", "ListExport", "PlaceBuckets", "DecryptExport", "KeepExportTables", "AskExport", "KeepExportAnswers"}
KEY = "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555"


def of_cost(template: Json) -> dict[str, Json]:
    """The Cost function's statements by Sid."""
    (role,) = (name for name in resources(template, "AWS::IAM::Role") if name.startswith("FunctionsCostRole"))
    return {one["Sid"]: one for one in statements(template, role)}


def variables(template: Json, function: str) -> dict[str, Any]:
    found: dict[str, Any] = functions(template)[f"FinOpsAnalyzer-{function}"]["Environment"]["Variables"]
    return found


def test_without_the_setting_nothing_is_there(template: Json) -> None:
    assert not SIDS & set(of_cost(template))
    assert not {"BILLING_EXPORT", "ATHENA_DATABASE", "ATHENA_WORKGROUP"} & set(variables(template, "cost"))


def test_the_export_s_folder_can_be_read_and_nothing_else_of_its_bucket(full_template: Json) -> None:
    found = of_cost(full_template)
    assert set(found) >= SIDS
    assert "exports/cur2/*" in str(found["ReadExport"]["Resource"])
    assert found["ListExport"]["Condition"] == {"StringLike": {"s3:prefix": ["exports/cur2/*"]}}
    assert found["DecryptExport"]["Resource"] == KEY
    assert many(found["KeepExportAnswers"]["Resource"])[0]["Fn::Join"][1][-1] == "/athena-results/*"
    assert str(found["AskExport"]["Resource"]).count("workgroup/") == 1
    assert all(
        "billing_export_" in str(one) or "catalog" in str(one) or "database/" in str(one) for one in found["KeepExportTables"]["Resource"]
    )


def test_only_the_cost_function_knows_of_it(full_template: Json) -> None:
    assert variables(full_template, "cost")["BILLING_EXPORT"] == "s3://bills-of-the-payer/exports/cur2"
    assert "BILLING_EXPORT" not in variables(full_template, "rank")


@pytest.mark.parametrize("wrong", ["bills/exports/cur2", "s3://bills", "s3://bills/", "s3://Bills/cur2", "s3://bills/cur2/", "s3://b/../*"])
def test_what_is_no_export_s_folder_is_refused_with_its_key(wrong: str) -> None:
    with pytest.raises(
        InvalidContext, match="billing_export: must be s3://BUCKET/PREFIX/NAME: the bucket, the prefix and the name on the export's page"
    ):
        parse({"billing_export": wrong})


def test_an_export_at_the_bucket_s_root_is_one() -> None:
    assert parse({"billing_export": "s3://bills/cur2"}).billing_export == "s3://bills/cur2"
