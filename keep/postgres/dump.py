"""pg_dump from a snapshot that is held open, as a stream of bytes."""

from __future__ import annotations

import contextlib
import fcntl
import re
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping

from keep.errors import KeepError
from keep.place.sealed import CHUNK
from keep.postgres.snapshot import LOCK_WAIT

_SAID = 1 << 16
"""Bytes of what pg_dump says that are looked at."""
# What pg_dump or the server says -> what has happened, for the person who reads it. The first that is found.
CAUSES = (
    # pg_dump's --lock-wait-timeout is a statement_timeout while it locks; nothing else of ours has one.
    (
        "(lock|statement) timeout",
        f"a statement such as a migration's has held a table for {LOCK_WAIT} s: run it again after that",
    ),
    (
        r"relation .* does not exist|could not open relation|cache lookup failed",
        "the schema was changed meanwhile: run it again",
    ),
    (
        "server closed the connection|terminating connection|Connection refused|shutting down|starting up|could not "
        "receive data|SSL SYSCALL|the database system is|the connection is (closed|lost)",
        "the server went away or ended the session: run it again once it is there",
    ),
    ("conflict with recovery", "the standby has ended it: set hot_standby_feedback there, or copy the primary"),
    ("invalid snapshot identifier|could not import the requested snapshot", "the snapshot's session has ended"),
    ("out of shared memory|max_locks_per_transaction", "raise max_locks_per_transaction: a dump locks every table"),
)


def dumped(program: str, environment: Mapping[str, str], snapshot: str, role: str | None) -> Generator[memoryview]:
    """Give pg_dump's archive (custom format, not compressed) piece by piece; raise KeepError where pg_dump fails.

    A piece is good until the next one is asked for: all of them are in one buffer.

    Judged by the exit status at its end: what a pg_dump that failed has written looks like an archive. It sets its own
    timeouts to none. Never --enable-row-security, by which it leaves out what policies hide. Without subscriptions: a
    copy would draw from its source's publisher.
    """
    command = [program, "--format=custom", "--compress=0", f"--snapshot={snapshot}", "--no-password"]
    command += ["--no-subscriptions", f"--lock-wait-timeout={LOCK_WAIT * 1000}"]
    command += [f"--role={role}"] if role else []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=subprocess.PIPE, stderr=said, cwd="/", bufsize=0
        )
        assert process.stdout is not None  # noqa: S101 it was asked for
        with contextlib.suppress(AttributeError, OSError):  # Linux's; one wake-up for a mebibyte, not for 64 KiB
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, CHUNK)
        try:
            buffer = memoryview(bytearray(CHUNK))
            while size := process.stdout.readinto(buffer):  # type: ignore[attr-defined]  # it is a raw stream
                yield buffer[:size]
            if status := process.wait():
                said.seek(0)
                raise KeepError(f"pg_dump failed: {reason(said.read(_SAID).decode(errors='replace'), status)}")
        finally:
            process.stdout.close()
            process.kill()
            process.wait()


def reason(said: str, status: int) -> str:
    """Return why pg_dump has failed, by what it said and its exit status; pure."""
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}: run it again"
    lines = [line.removeprefix("pg_dump: ") for line in said.splitlines()]
    told = [line for line in lines if re.match(r"error: |detail: Error message|\S*(ERROR|FATAL): ", line)]
    what = " ".join(re.sub(r"^(error|detail): ", "", line).strip() for line in told[:2]) or "it said nothing"
    return f"{what} ({cause})" if (cause := cause_of(said)) else what


def cause_of(said: str) -> str | None:
    """Return what has happened by what a server or its program said; None where that is not known."""
    return next((cause for pattern, cause in CAUSES if re.search(pattern, said)), None)
