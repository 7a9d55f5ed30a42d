"""pg_dump from a snapshot that is held open, as a stream of bytes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping

from keep.errors import KeepError
from keep.place.sealed import CHUNK


def dumped(program: str, environment: Mapping[str, str], snapshot: str, role: str | None) -> Iterator[bytes]:
    """Give pg_dump's archive (custom format, not compressed) piece by piece; raise KeepError where pg_dump fails.

    Judged by the exit status at its end: what a pg_dump that failed has written looks like an archive.
    """
    command = [program, "--format=custom", "--compress=0", f"--snapshot={snapshot}", "--no-password"]
    command += [f"--role={role}"] if role else []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=said, cwd="/")
        assert process.stdout is not None  # noqa: S101 it was asked for
        try:
            while chunk := process.stdout.read(CHUNK):
                yield chunk
            if process.wait():
                said.seek(0)
                raise KeepError(f"pg_dump failed: {_reason(said.read())}")
        finally:
            process.stdout.close()
            process.kill()
            process.wait()


def _reason(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if "error:" in line or "ERROR:" in line]
    return " ".join(lines[:2]).removeprefix("pg_dump: error: ") or "it said nothing"
