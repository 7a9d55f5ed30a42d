"""A process that dies at its n-th effect on an engine or on the store, and counts them when it lives."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import redis
from tier import REGION

from bootstrap.aws import aws_client, close_clients

KILLED, BROKEN = 137, 3
_WRITES = ("PutSecretValue", "UpdateSecretVersionStage", "ModifyUser")


def dies_at(number: int, endpoint: str, work: Callable[[], object], sound: Callable[[], bool]) -> int:
    """Fork, work, and die just before effect `number`, counted from 0; return the child's exit code.

    `sound` is asked before every effect and after the last: as nothing changes in between, it holds at every moment.
    Exit codes: 137 killed, 3 no longer sound, otherwise 10 + the number of effects of a whole run.
    """
    close_clients()  # or both processes would speak over one connection
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = BROKEN
    try:
        code = _work(number, endpoint, work, sound)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
    raise AssertionError


def _work(number: int, endpoint: str, work: Callable[[], object], sound: Callable[[], bool]) -> int:
    seen = 0

    def effect(**_: Any) -> None:
        nonlocal seen
        if not sound():
            os._exit(BROKEN)
        if seen == number:
            os._exit(KILLED)
        seen += 1

    for service in ("secretsmanager", "elasticache"):
        for operation in _WRITES:
            aws_client(service, REGION, endpoint).meta.events.register(f"before-call.{service}.{operation}", effect)
    execute, command = psycopg.Connection.execute, redis.Redis.execute_command

    def sql(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        if (query.encode() if isinstance(query, str) else query).startswith(b"ALTER ROLE"):
            effect()
        return execute(self, query, *rest, **more)

    def acl(self: Any, *words: Any, **more: Any) -> Any:
        if words[:2] == ("ACL", "SETUSER"):
            effect()
        return command(self, *words, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Connection, "execute", sql)
        patch.setattr(redis.Redis, "execute_command", acl)
        work()
        return 10 + seen if sound() else BROKEN
