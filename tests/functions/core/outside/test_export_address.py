"""The folder of a Data Export, as its page in the console has it."""

from __future__ import annotations

import pytest

from functions.core.outside.export_address import ExportAddress, export_address


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("s3://bills/cur2", ExportAddress("bills", "cur2", "cur2")),
        ("s3://bills.of-the.payer/a/b_c/My-Export", ExportAddress("bills.of-the.payer", "a/b_c/My-Export", "My-Export")),
    ],
)
def test_it_is_a_bucket_a_folder_and_the_export_s_name(uri: str, address: ExportAddress) -> None:
    assert export_address(uri) == address


@pytest.mark.parametrize(
    "uri", ["", "bills/cur2", "s3://bills", "s3://bills/", "s3://bills/cur2/", "s3://Bills/x", "s3://b/x", "s3://bills/a b"]
)
def test_anything_else_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="is not s3://BUCKET/PREFIX/EXPORT"):
        export_address(uri)
