"""What the application's libraries do in its caches is permitted, by the rules and with the libraries themselves."""

from __future__ import annotations

import pytest
from application_server import Application
from real_client import RealClients

from bootstrap.access import access_string
from bootstrap.access.analysis import analyse
from bootstrap.acl.permits import Call, permits
from bootstrap.acl.rules import Permission, parse
from bootstrap.acl.valkey import VALKEY

BOTH = Permission.BOTH


def rules(application: Application, cache: str) -> str:
    return access_string(application.access.identities["tmi_app"].redis[cache])


@pytest.mark.parametrize(
    ("cache", "call", "permitted"),
    [
        ("main", Call(command="info"), True),
        ("main", Call(command="time"), True),
        ("main", Call(command="script|load"), True),
        ("main", Call(command="evalsha", keys=[("queue:mail:1", BOTH)]), False),
        ("main", Call(command="script|flush"), False),
        ("main", Call(command="flushdb"), False),
        ("queue", Call(command="info"), True),
        ("queue", Call(command="time"), True),
        ("queue", Call(command="get", keys=[("blacklist:token:1", Permission.READ)]), True),
        ("queue", Call(command="evalsha", keys=[("rate_limit:user:1:export", BOTH)]), False),
        ("queue", Call(command="client|list"), False),
    ],
)
def test_what_the_application_may(application: Application, cache: str, call: Call, permitted: bool) -> None:
    assert permits(parse(rules(application, cache)), call, VALKEY) is permitted


LOCKS = ("narrower pattern", "scan", "foreign key", "foreign channel", "flush", "keys")


@pytest.mark.server
@pytest.mark.parametrize(
    ("cache", "program", "prefix", "refused"),
    [
        ("main", "python/redis_py.py", "lock", LOCKS),
        ("queue", "python/redis_py.py", "lock", LOCKS),
        ("main", "node/rate_limiter_flexible.mjs", "rate_limit", ("default prefix", "default prefix, insured")),
        ("queue", "node/bullmq.mjs", "queue", ("who works", "default prefix")),
    ],
)
def test_its_libraries_work(
    application: Application, real_clients: RealClients, cache: str, program: str, prefix: str, refused: tuple[str, ...]
) -> None:
    """A lock taken and released, a limit counted, a queue worked; what is refused is beyond the application's keys."""
    seen = real_clients.work(program, "", rules(application, cache), prefix)
    assert {step: said for step, said in seen.steps.items() if said != "ok"}.keys() == set(refused), seen.steps
    assert "command info" not in seen.denied


def test_no_name_of_a_key_holds_what_lets_its_bearer_in(application: Application) -> None:
    """Sessions, tokens and API keys stand there as their hash."""
    assert [str(each) for each in analyse(application.access) if "bearer" in each.message] == []
