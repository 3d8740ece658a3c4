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
    assert (rules["old-runs"]["Prefix"], rules["old-runs"]["ExpirationInDays"]) == ("runs/", 400)
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}


def test_the_tables_keys_and_time_to_live_are_those_that_the_flow_writes(table: Json) -> None:
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
