"""Valkeys for the patterns: seeded by the rules of a declaration, reached by the lines of `datatier env`."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from clinic_project import CLINIC
from real_servers import Valkey, free_port, valkey

from bootstrap.access import Access, access_string, load_access
from bootstrap.application import ACCESS
from bootstrap.manifest import Manifest
from bootstrap.secrets import Credential, Secret
from clients.environment import environment
from examples.patterns import python as patterns

IDENTITY = "clinic_app"
PASSWORD = "of-an-application-in-a-test"
NAMES = ("main", "queue")


@cache
def declaration() -> dict[str, Any]:
    """The application's access.yaml."""
    found: dict[str, Any] = yaml.safe_load((CLINIC / ACCESS).read_text("utf-8"))
    return found


def declared() -> Access:
    return load_access(declaration())


@dataclass(frozen=True)
class Caches:
    """The servers of the application's caches."""

    servers: dict[str, Valkey]
    in_cluster: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the application reads."""
        endpoints = {name: {"name": "primary", "host": "127.0.0.1", "port": s.port} for name, s in self.servers.items()}
        manifest = Manifest.model_validate(
            {
                "stack": "local",
                "prefix": "clinic-local",
                "region": "eu-west-1",
                "postgres": {"primary": {"name": "primary", "host": "127.0.0.1", "port": 1}, "sslmode": "disable"}
                | {"database": "clinic", "master_secret": "m"},
                "caches": {
                    name: {"endpoint": endpoint, "tls": False, "cluster_mode": self.in_cluster}
                    for name, endpoint in endpoints.items()
                },
                "secrets": {IDENTITY: "s"},
                "access": declaration(),
            }
        )
        found = Credential(
            username=f"{IDENTITY}_a",
            password=Secret(PASSWORD),
            redis_username=IDENTITY,
            redis_password=Secret(PASSWORD),
        )
        return dict(line.split("=", 1) for line in environment(manifest, IDENTITY, found))

    def clear(self) -> None:
        """Nothing is stored, and nothing was refused."""
        for server in self.servers.values():
            with server.admin() as admin:
                admin.flushall()
                admin.acl_log_reset()

    def refused(self) -> list[str]:
        """What an identity's rules did not allow since: the cache, the reason and the object of each."""
        entries = []
        for name, server in self.servers.items():
            with server.admin() as admin:
                entries += [f"{name}: {each['reason']} {each['object']}" for each in admin.acl_log()]
        return entries


def readme_outputs() -> list[str]:
    """What README.md of the examples shows of the programs: in Python, in TypeScript."""
    text = (Path(patterns.__path__[0]).parent / "README.md").read_text("utf-8")
    return re.findall(r"^```text\n(.*?)^```", text, re.M | re.S)


def seed(name: str, server: Valkey) -> None:
    """Make the users of a cache, as a deployment does."""
    with server.admin() as admin:
        for user, rules in declared().cache_users(name).items():
            admin.execute_command("ACL", "SETUSER", user, "reset", *access_string(rules).split(), f">{PASSWORD}")
        admin.acl_log_reset()  # whoever has reconnected before the users were there


@contextmanager
def cluster() -> Iterator[Caches]:
    """`main` in cluster mode: one node that serves every slot."""
    # The bus would be 10,000 above the port, which may lie beyond the last one.
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with caches(*options, names=("main",), in_cluster=True) as made, made.servers["main"].admin() as admin:
        admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while "cluster_state:ok" not in admin.execute_command("CLUSTER", "INFO"):
            time.sleep(0.01)
        yield made


@contextmanager
def caches(*options: str, names: tuple[str, ...] = NAMES, in_cluster: bool = False) -> Iterator[Caches]:
    with ExitStack() as stack:
        made = {}
        for name in names:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dt-pattern-", dir="/tmp"))
            made[name] = stack.enter_context(valkey(Path(folder), *options))
            seed(name, made[name])
        yield Caches(made, in_cluster)
