"""The bucket and the state table: private, encrypted, over TLS only, and still there when the stack is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cdk_app.templates import Json, resources


@pytest.fixture
def bucket(template: Json) -> Json:
    [found] = resources(template, "AWS::S3::Bucket").values()
    return found


@pytest.fixture
def table(template: Json) -> Json:
    [found] = resources(template, "AWS::DynamoDB::Table").values()
    return found


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table"])
def test_it_outlives_the_stack(template: Json, kind: str) -> None:
    [found] = [resource for resource in template["Resources"].values() if resource["Type"] == kind]
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")


RETAINED: dict[str, tuple[str, dict[str, Any]]] = {
    "StorageBucket5CB7C8EA": ("AWS::S3::Bucket", {"BucketName": None}),
    "StorageStateA15002BE": (
        "AWS::DynamoDB::Table",
        {"TableName": None, "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]},
    ),
}
"""Logical ids as they were first deployed, and the properties whose change means another bucket or table."""


@pytest.mark.parametrize("name", list(RETAINED))
def test_an_upgrade_replaces_neither_bucket_nor_table(template: Json, name: str) -> None:
    """A new logical id, or one of these properties changed, and CloudFormation makes an empty one beside the old."""
    kind, properties = RETAINED[name]
    found = template["Resources"][name]
    assert found["Type"] == kind
    assert {key: found["Properties"].get(key) for key in properties} == properties


def test_the_bucket_is_private_encrypted_and_versioned(bucket: Json) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_refuses_plain_http_and_old_tls(template: Json) -> None:
    [policy] = resources(template, "AWS::S3::BucketPolicy").values()
    denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
    conditions: list[Any] = [one["Condition"] for one in denied]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
    assert all(one["Action"] == "s3:*" and one["Principal"] == {"AWS": "*"} for one in denied)


def test_what_is_old_is_removed(bucket: Json) -> None:
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["old-versions"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["old-versions"]["ExpiredObjectDeleteMarker"] is True
    assert (rules["old-runs"]["Prefix"], rules["old-runs"]["ExpirationInDays"]) == ("runs/", 400)
    assert not {"history/", "config/", "prices/", "usual/"} & {rule.get("Prefix") for rule in rules.values()}, "what the next sweep needs"
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}


def test_the_tables_keys_and_time_to_live_are_those_that_the_flow_writes(table: Json) -> None:
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
