"""Athena in the embedded AWS, put right where ministack answers otherwise than AWS does:

- CloudFormation does not know AWS::Athena::NamedQuery, and refuses a template that has one; Athena itself does.
- IAM does not know in which workgroup a query runs whose id is asked about, and refuses whoever may ask in one workgroup only.
- A query's result lies in a folder that is called as the object, of which the answer says that it is the result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import athena
from ministack.services.cloudformation import provisioners


def create_named_query(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    """AWS::Athena::NamedQuery: its physical id and its one attribute are the query's id."""
    _, _, body = athena._create_named_query(properties)
    made = json.loads(body)["NamedQueryId"]
    return made, {"NamedQueryId": made}


def delete_named_query(physical_id: str, properties: Mapping[str, Any]) -> None:
    """A changed query is another query: CloudFormation replaces it."""
    athena._delete_named_query({"NamedQueryId": physical_id})


_resource_arn = iam_actions.extract_resource_arn


def resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str) -> Any:
    """What IAM decides about: a query by its workgroup."""
    asked = json.loads(body or b"{}").get("QueryExecutionId") if service == "athena" else None
    if asked and (execution := athena._executions.get(asked)):
        return f"arn:aws:athena:{region}:{account}:workgroup/{execution['WorkGroup']}"
    return _resource_arn(service, method, path, headers, body, query, region, account)


_save_query_results = athena._save_query_results


async def save_query_results(query: str) -> None:
    """The result is the object that OutputLocation names. https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html"""
    where = athena._executions.get(query)["ResultConfiguration"]
    named = where["OutputLocation"]
    where["OutputLocation"] = named.removesuffix(f"{query}.csv")
    await _save_query_results(query)
    where["OutputLocation"] = named


def put_right() -> None:
    """Put it in place, before ministack starts."""
    iam_actions.extract_resource_arn = resource_arn
    athena._save_query_results = save_query_results
    provisioners._RESOURCE_HANDLERS["AWS::Athena::NamedQuery"] = {"create": create_named_query, "delete": delete_named_query}
