"""What ministack keeps when it is killed, as by a power cut, and not only when it is ended cleanly.

By itself (PERSIST_STATE) ministack 1.5.33 saves everything when it ends cleanly, S3 objects at each write, and loses the rest of what has
changed when it is killed. AWS loses nothing that it has acknowledged. Two things make the difference for a sweep, and are saved here
before they are acknowledged:

- each write to DynamoDB;
- that an execution has started or was stopped. One that was running is FAILED, States.ServiceRestart, after the restart.

Lost by being killed is what nothing depends on later: logs, metrics, queued messages, how far an execution had come. So seed, restart
cleanly, and then kill.

And a database that was stopped is started by a restart, because ministack thinks of its container. Here it stays as it was.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack.core import persistence
from ministack.services import dynamodb, rds, stepfunctions

DYNAMODB_WRITES = (
    "_create_table",
    "_update_ttl",
    "_put_item",
    "_update_item",
    "_delete_item",
    "_batch_write_item",
    "_transact_write_items",
)
EXECUTIONS = ("_start_execution", "_stop_execution")
ATTEMPTS = 100

_saving = threading.Lock()


def save(service: str, module: Any) -> None:
    """Write a service's state into the folder. RuntimeError when it never stood still long enough to be copied."""
    with _saving:
        for attempt in range(ATTEMPTS):
            try:
                state = module.get_state()
            except RuntimeError:  # another thread has changed a dictionary while it was copied
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            persistence.save_state(service, state)
            return


def saved(service: str, module: Any, write: Callable[..., Any]) -> Callable[..., Any]:
    """A write that is saved before it is acknowledged."""

    @functools.wraps(write)
    def written(*given: Any, **named: Any) -> Any:
        answer = write(*given, **named)
        save(service, module)
        return answer

    return written


def load_databases(data: Any) -> None:
    """RDS as it was: a stopped database is stopped, and no container is started for the others."""
    statuses = {key: database["DBInstanceStatus"] for key, database in data["instances"]._data.items()}
    rds._restore_state(data)
    for key, status in statuses.items():
        rds._instances._data[key]["DBInstanceStatus"] = status


def put_right() -> None:
    """Put ours in the place of ministack's, where it keeps its state at all."""
    if not persistence.PERSIST_STATE:
        return
    rds.load_persisted_state = load_databases
    for service, module, names in (("dynamodb", dynamodb, DYNAMODB_WRITES), ("stepfunctions", stepfunctions, EXECUTIONS)):
        for name in names:
            setattr(module, name, saved(service, module, getattr(module, name)))
