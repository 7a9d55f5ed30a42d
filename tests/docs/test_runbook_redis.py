"""The Redis commands of the runbooks are allowed to the identity that is named, by its rules of access.yaml."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from pages import Command, commands
from real_servers import valkey

from bootstrap.access import load_access
from bootstrap.access.rules import access_string

pytestmark = pytest.mark.server

ACCESS = load_access(yaml.safe_load((Path(__file__).parents[2] / "access.yaml").read_text("utf-8")))


SENT = [each for each in commands() if each.words[1:2] == ("redis-cli",) and "--" in each.words]


@pytest.fixture(scope="module")
def engine() -> Iterator[redis.Redis]:
    with (
        tempfile.TemporaryDirectory(prefix="runbooks-") as folder,
        valkey(Path(folder)) as server,
        server.admin() as client,
    ):
        for name, identity in ACCESS.identities.items():
            for cache, rules in identity.redis.items():
                client.execute_command("ACL", "SETUSER", f"{name}@{cache}", *access_string(rules).split())
        yield client


@pytest.mark.parametrize("command", SENT, ids=str)
def test_it_is_allowed(engine: redis.Redis, command: Command) -> None:
    identity, cache = command.words[2:4]
    sent = [word.replace("<key>", "session:1:1") for word in command.words[command.words.index("--") + 1 :]]
    sent = sent[: sent.index(">")] if ">" in sent else sent
    assert engine.execute_command("ACL", "DRYRUN", f"{identity}@{cache}", *sent) == "OK"
