"""What the embedded AWS still has after it was ended cleanly, and after it was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import persistence
from ministack.services import dynamodb, stepfunctions

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.ministack import state as ministack_state

TABLE, BUCKET, DATABASE = "state", "reports", "stopped"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0], state=tmp_path_factory.mktemp("state")) as ours:
        running = EmbeddedAws(ours)
        running.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        running.client("s3").create_bucket(Bucket=BUCKET)
        role = running.client("iam").create_role(RoleName="waits", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        running.client("stepfunctions").create_state_machine(name="waits", definition=json.dumps(WAITS), roleArn=role)
        databases = running.client("rds")
        for name in (DATABASE, "runs"):
            databases.create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="mysql", AllocatedStorage=20)
        databases.stop_db_instance(DBInstanceIdentifier=DATABASE)
        ours.restart(cleanly=True)
        yield running


def statuses(aws: EmbeddedAws) -> dict[str, str]:
    return {one["DBInstanceIdentifier"]: one["DBInstanceStatus"] for one in aws.client("rds").describe_db_instances()["DBInstances"]}


def test_everything_survives_a_clean_end_and_a_stopped_database_stays_stopped(aws: EmbeddedAws) -> None:
    assert aws.client("dynamodb").list_tables()["TableNames"] == [TABLE]
    assert [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    assert statuses(aws) == {DATABASE: "stopped", "runs": "available"}


def test_what_was_acknowledged_survives_being_killed(aws: EmbeddedAws) -> None:
    table, store, machine = aws.client("dynamodb"), aws.client("s3"), aws.client("stepfunctions")
    (waits,) = machine.list_state_machines()["stateMachines"]
    running, stopped = (machine.start_execution(stateMachineArn=waits["stateMachineArn"])["executionArn"] for _ in range(2))
    machine.stop_execution(executionArn=stopped)
    table.put_item(TableName=TABLE, Item={"pk": {"S": "put"}, "n": {"N": "1"}})
    table.update_item(
        TableName=TABLE, Key={"pk": {"S": "put"}}, UpdateExpression="SET n = n + :one", ExpressionAttributeValues={":one": {"N": "1"}}
    )
    store.put_object(Bucket=BUCKET, Key="a/b.json", Body=b"{}")
    aws.servers.restart(cleanly=False)
    assert table.get_item(TableName=TABLE, Key={"pk": {"S": "put"}})["Item"]["n"] == {"N": "2"}
    assert store.get_object(Bucket=BUCKET, Key="a/b.json")["Body"].read() == b"{}"
    seen = machine.describe_execution(executionArn=running)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.ServiceRestart")
    assert machine.describe_execution(executionArn=stopped)["status"] == "ABORTED"
    assert statuses(aws)[DATABASE] == "stopped"


def test_the_side_server_runs_on(aws: EmbeddedAws) -> None:
    before = aws.servers.groups["moto"]
    aws.client("elb").create_load_balancer(
        LoadBalancerName="classic",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
        AvailabilityZones=[f"{REGIONS[0]}a"],
    )
    aws.servers.restart(cleanly=False)
    assert aws.servers.groups["moto"] == before
    assert [one["LoadBalancerName"] for one in aws.client("elb").describe_load_balancers()["LoadBalancerDescriptions"]] == ["classic"]


def test_a_folder_decides(aws: EmbeddedAws, tmp_path: Path) -> None:
    """Without one nothing is written anywhere."""
    told = servers._servers([1, 2], "http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNTS[0], REGIONS[0])["ministack"]["environment"]
    assert not any("PERSIST" in name or name.endswith("_DIR") for name in told)
    told = servers._servers([1, 2], "http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNTS[0], REGIONS[0], None, tmp_path)
    assert str(tmp_path) in told["ministack"]["environment"].values()


def test_what_is_saved_at_each_write_is_what_ministack_has() -> None:
    for module, names in ((dynamodb, ministack_state.DYNAMODB_WRITES), (stepfunctions, ministack_state.EXECUTIONS)):
        assert all(callable(getattr(module, name)) for name in names)


def test_a_state_that_changes_while_it_is_copied_is_copied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    monkeypatch.setattr(persistence, "save_state", lambda service, state: written.append((service, state)))

    class Busy:
        asked = 0

        def get_state(self) -> dict[str, int]:
            self.asked += 1
            if self.asked < 3:
                raise RuntimeError("dictionary changed size during iteration")
            return {"after": self.asked}

    write = ministack_state.saved("busy", Busy(), lambda data: f"did {data}")
    assert write("it") == "did it"
    assert written == [("busy", {"after": 3})]
    monkeypatch.setattr(ministack_state, "ATTEMPTS", 2)
    with pytest.raises(RuntimeError, match="changed size"):
        ministack_state.save("busy", Busy())
