"""What ministack's Athena is put right in; each test's end says what ministack itself does."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from ministack.core import iam_actions
from ministack.services import athena as theirs
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from tests.finops.embedded.ministack.test_server import READER_TRUST, assumed


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_a_stack_may_have_saved_queries_and_takes_them_with_it(aws: EmbeddedAws) -> None:
    cloudformation, athena = aws.client("cloudformation"), aws.client("athena")
    for text in ("SELECT 1", "SELECT 2"):
        query = {"Type": "AWS::Athena::NamedQuery", "Properties": {"Name": "one", "Database": "d", "QueryString": text}}
        change = cloudformation.create_stack if text == "SELECT 1" else cloudformation.update_stack
        change(StackName="queries", TemplateBody=json.dumps({"Resources": {"Query": query}}))
        [made] = athena.list_named_queries()["NamedQueryIds"]
        assert athena.get_named_query(NamedQueryId=made)["NamedQuery"]["QueryString"] == text
        [resource] = cloudformation.describe_stack_resources(StackName="queries")["StackResources"]
        assert resource["PhysicalResourceId"] == made
    cloudformation.delete_stack(StackName="queries")
    assert athena.list_named_queries()["NamedQueryIds"] == []
    assert "AWS::Athena::NamedQuery" not in _RESOURCE_HANDLERS, "ministack's own, in this process"


def test_a_query_is_asked_about_in_its_workgroup_and_its_result_is_where_it_says(aws: EmbeddedAws) -> None:
    iam, s3, athena = aws.client("iam"), aws.client("s3"), aws.client("athena")
    s3.create_bucket(Bucket="answers")
    for name in ("ours", "theirs"):
        athena.create_work_group(Name=name, Configuration={"ResultConfiguration": {"OutputLocation": "s3://answers/results/"}})
    iam.create_role(RoleName="asker", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    workgroup = f"arn:aws:athena:{REGIONS[0]}:{ACCOUNTS[0]}:workgroup/ours"
    allow = {
        "Statement": [{"Effect": "Allow", "Action": ["athena:StartQueryExecution", "athena:GetQueryExecution"], "Resource": workgroup}]
    }
    iam.put_role_policy(RoleName="asker", PolicyName="ask", PolicyDocument=json.dumps(allow))
    asker = assumed(aws, "athena", f"arn:aws:iam::{ACCOUNTS[0]}:role/asker")
    query = asker.start_query_execution(QueryString="SELECT 1 AS one", WorkGroup="ours")["QueryExecutionId"]
    while (execution := asker.get_query_execution(QueryExecutionId=query)["QueryExecution"])["Status"]["State"] in ("QUEUED", "RUNNING"):
        time.sleep(0.05)
    assert execution["Status"]["State"] == "SUCCEEDED"
    where = execution["ResultConfiguration"]["OutputLocation"]
    assert where == f"s3://answers/results/{query}.csv"
    assert s3.get_object(Bucket="answers", Key=where.removeprefix("s3://answers/"))["Body"].read() == b"one\r\n1\r\n"

    other = athena.start_query_execution(QueryString="SELECT 1", WorkGroup="theirs")["QueryExecutionId"]
    with pytest.raises(ClientError, match="not authorized to perform: athena:GetQueryExecution"):
        asker.get_query_execution(QueryExecutionId=other)
    assert "QueryExecutionId" not in inspect.getsource(iam_actions.extract_resource_arn)
    assert 'csv_key = f"{key_prefix}/{query_id}.csv"' in inspect.getsource(theirs._save_query_results)
