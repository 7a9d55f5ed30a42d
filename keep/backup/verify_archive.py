"""Level 2 of a verification: pg_restore reads the whole archive, contents and every row, and restores nothing."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable

from keep.errors import DamagedError
from keep.manifest import BackupManifest
from keep.place.place import Place
from keep.place.sealed import unsealed
from keep.postgres.archive import dumped_by
from keep.postgres.programs import Programs


def read_through(programs: Programs) -> Callable[[Place, BackupManifest], Iterable[str]]:
    """Return what gives the differences of a backup at this level."""

    def look(place: Place, manifest: BackupManifest) -> tuple[str, ...]:
        if manifest.postgres is None:
            return ()
        try:
            return _read(programs, place, manifest, manifest.postgres.archive)
        except DamagedError as error:
            return (str(error),)

    return look


def _read(programs: Programs, place: Place, manifest: BackupManifest, name: str) -> tuple[str, ...]:
    with unsealed(place, manifest.id, manifest.stored(name)) as content, tempfile.TemporaryFile() as said:
        first = next(content, b"")
        program = programs("pg_restore", dumped_by(first, f"{manifest.id}/{name}"))
        process = subprocess.Popen(
            [program, "--file=/dev/null"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        assert process.stdin is not None  # noqa: S101 it was asked for
        try:
            process.stdin.write(first)
            for piece in content:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:  # it reads no further: its exit status says why
            pass
        except BaseException:
            process.kill()  # it waits for the rest, which does not come
            raise
        finally:
            status = process.wait()
        if not status:
            return ()
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
        return (f"pg_restore cannot read {manifest.id}/{name}: {lines[0] if lines else 'it said nothing'}",)
