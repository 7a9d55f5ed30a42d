"""What the application's libraries do in its caches is permitted: the scripts of locks and rate limits, the queue's."""

from __future__ import annotations

import pytest
import yaml
from application_server import Application

from bootstrap.access import access_string, load_access
from bootstrap.acl.permits import Call, permits
from bootstrap.acl.rules import Permission, parse
from bootstrap.acl.valkey import VALKEY

ROOT = Application.around(__file__).folder
BOTH = Permission.BOTH


@pytest.mark.parametrize(
    ("cache", "call", "permitted"),
    [
        ("main", Call(command="set", keys=[("lock:diagram:1", Permission.WRITE)]), True),
        ("main", Call(command="evalsha", keys=[("lock:diagram:1", BOTH)]), True),
        ("main", Call(command="script|load"), True),
        ("main", Call(command="eval", keys=[("rate_limit:user:1:export", BOTH)]), True),
        ("main", Call(command="evalsha", keys=[("queue:mail:1", BOTH)]), False),
        ("main", Call(command="script|flush"), False),
        ("main", Call(command="flushdb"), False),
        ("queue", Call(command="evalsha", keys=[("queue:mail:1", BOTH)]), True),
        ("queue", Call(command="info"), True),
        ("queue", Call(command="evalsha", keys=[("lock:mail:1", BOTH)]), True),
        ("queue", Call(command="get", keys=[("blacklist:token:1", Permission.READ)]), True),
        ("queue", Call(command="evalsha", keys=[("bull:mail:1", BOTH)]), False),
        ("queue", Call(command="client|list"), False),
    ],
)
def test_the_application_s_own_libraries_work(cache: str, call: Call, permitted: bool) -> None:
    access = load_access(yaml.safe_load((ROOT / "access.yaml").read_text("utf-8")))
    rules = parse(access_string(access.identities["tmi_app"].redis[cache]))
    assert permits(rules, call, VALKEY) is permitted
