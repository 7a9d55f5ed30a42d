"""`LocalCloud`: this computer as a place for a stack's resources."""

from __future__ import annotations

import shutil
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from graph import lookups
from graph.cloud import Made
from graph.errors import CloudError
from graph.naming import digest
from graph.resource import Resource
from local.differences import listed
from local.emulator import ACCOUNT, Emulator
from local.handlers import rds
from local.handlers.base import SPARE, Progress, RunContext, Runner, daemon, spare
from local.handlers.function import built
from local.handlers.registry import handler_of, handler_of_type
from local.postgres.roles import ADMIN
from local.state import Entry, StateDir

SAVE_SECONDS = 0.25
# A fresh PostgreSQL takes 40 MiB and its first WAL segments 32, each replica as much again; its archive begins with 40.
ROOM_BYTES = 200 * 1024**2


class LocalCloud:
    """Implements `graph.cloud.Cloud`. The caller holds `state.lock()` from `start` to `finish`."""

    def __init__(
        self,
        state: StateDir,
        *,
        region: str = "eu-west-1",
        progress: Progress | None = None,
        runner: Runner = "direct",
        new_passwords: bool = False,
        postgres_major: int | None = None,
    ) -> None:
        """`postgres_major`: the declared one, where the caller knows it before the program has run."""
        self.state = state
        self.region = region
        emulator = Emulator(state, region, daemon(state, "emulator"), functions=runner == "lambda")
        self.context = RunContext(state, region, emulator, progress, runner=runner, new_passwords=new_passwords)
        self.context.emulator_ready = self._await_emulator
        self.outcomes: dict[str, str] = {}
        """URN -> outcome, in the order of completion."""
        self.seconds: dict[str, float] = {}
        """URN -> how long it took."""
        self._seen: list[str] = []
        self._mutex = threading.Lock()
        self._saved = 0.0
        self._postgres_major = postgres_major
        self._pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="local-start")
        self._emulator: Future[bool] | None = None

    def start(self) -> None:
        """Begin what every stack needs while the program is still being read: the emulator, slow imports."""
        _room(self.state.folder())
        _remembered(self.state)
        self._emulator = self._pool.submit(self.context.emulator.start)
        if not any(entry["type"] == rds.TYPE for entry in self.state.resources.values()):
            self.context.spare = self._pool.submit(spare, self.state, self._postgres_major)
        self._pool.submit(_warm)
        if self.context.runner == "lambda":
            # Its first time takes longer than the servers; a failure is told where it is used.
            self._pool.submit(built, self.state.project)

    def ensure(self, resource: Resource) -> Made:
        began = time.monotonic()
        handler = handler_of(resource)
        with self._mutex:
            self._seen.append(resource.urn)
        previous = self.state.resources.get(resource.urn)
        made = handler.ensure(self.context, resource, previous)
        entry = Entry(
            type=resource.type,
            name=resource.name,
            digest=digest(resource),
            id=made.id,
            inputs={k: v for k, v in resource.inputs.items() if k not in resource.secret_inputs},
            outputs=made.outputs,
        )
        self.state.put(resource.urn, entry)
        with self._mutex:
            self.outcomes[resource.urn] = made.outcome
            self.seconds[resource.urn] = time.monotonic() - began
        self._save(now=resource.type.startswith("random:") and made.outcome != "unchanged")
        return made

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return lookups.answer(token, args, self.region, ACCOUNT)

    def finish(self) -> list[str]:
        """After a run that declared everything: remove what was not declared, in reverse order; save.

        Returns the URNs of what was removed. Do not call it after a program that failed half-way: `abandon` then.
        """
        self._await_emulator()
        gone = [urn for urn in reversed(self.state.resources) if urn not in set(self._seen)]
        for urn in gone:
            entry = self.state.resources[urn]
            handler_of_type(entry["type"]).remove(self.context, entry)
            del self.state.resources[urn]
        self.state.kept["differences"] = self.differences()
        self._close()
        return gone

    def abandon(self) -> None:
        """After a program that failed: keep what was made, remove nothing, so that the next run goes on from there."""
        self._close()

    def changed(self) -> bool:
        """Whether this run made, changed or repaired anything real."""
        return any(outcome in ("created", "updated") for outcome in self.outcomes.values())

    def differences(self) -> list[str]:
        """What differs from AWS."""
        return listed(self.state, self.context.differences)

    def _save(self, *, now: bool) -> None:
        """Not after every resource: a hundred rewrites of the file would cost more than the resources."""
        with self._mutex:
            due = now or time.monotonic() - self._saved > SAVE_SECONDS
            if due:
                self._saved = time.monotonic()
        if due:
            self.state.save()

    def _await_emulator(self) -> None:
        if self._emulator is None:
            self.start()
        assert self._emulator is not None  # noqa: S101 - start() has set it
        self._emulator.result()

    def _close(self) -> None:
        self._pool.shutdown(wait=True)
        shutil.rmtree(self.state.path / "postgres" / SPARE, ignore_errors=True)
        self.context.emulator.close()
        self.state.save()


def _room(folder: Path) -> None:
    """Refuse a full disk before servers fail on it one by one."""
    free = shutil.disk_usage(folder).free
    if free < ROOM_BYTES:
        raise CloudError(
            f"the disk is full: {free // 1024**2} MiB are free in {folder} and a tier takes {ROOM_BYTES // 1024**2}; "
            "free space and run it again"
        )


def _remembered(state: StateDir) -> None:
    """Refuse data without the passwords of its servers, which are in the state."""
    data = sorted(path.parent.parent.name for path in (state.path / "postgres").glob("*/data/PG_VERSION"))
    if data and ADMIN not in state.secrets:
        raise CloudError(
            f"{state.path / 'state.json'} is gone, and with it the passwords of {', '.join(data)}: put a copy of it "
            f"back, or start afresh, without the data, with `datatier down {state.stack} --delete`"
        )


def _warm() -> None:
    """Imports that take tenths of a second, beside the start of the emulator."""
    import botocore.session
    import psycopg
    import redis

    del botocore, psycopg, redis
