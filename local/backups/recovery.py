"""A copy of a primary as it was at a time: its base backup, and its WAL up to that time."""

from __future__ import annotations

import shlex
import shutil
from datetime import UTC, datetime

from keep.errors import AskedError
from local.backups.archive import Archive, Base, Window
from local.files import private_dir, write_private
from local.postgres.server import PostgresServer

_WAL = "wal"


def window(windows: list[Window], at: datetime, source: str) -> Window:
    """Choose the newest base backup that ended before the time, and whose WAL reaches it. Raise AskedError."""
    fitting = [each for each in windows if each.holds(at)]
    if fitting:
        return fitting[-1]
    known = [each for each in windows if each.whole]
    if not known:
        raise AskedError(f"{source} has no base backup with archived WAL yet: `datatier up` makes one")
    oldest, newest = known[0].base, max(each.latest for each in known if each.latest is not None)
    if at < oldest.ended:
        raise AskedError(
            f"{source} cannot be restored to {_said(at)}: it is before its oldest base backup, of "
            f"{_said(oldest.ended)} ({oldest.how})"
        )
    if at > newest:
        raise AskedError(f"{source} cannot be restored to {_said(at)}: its latest restorable time is {_said(newest)}")
    raise AskedError(
        f"{source} cannot be restored to {_said(at)}: WAL of then was let go; these times can be restored to: "
        + ", ".join(f"{_said(each.base.ended)} to {_said(each.latest)}" for each in known if each.latest)
    )


def prepare(target: PostgresServer, archive: Archive, chosen: Base) -> None:
    """Copy the base backup to its place, to be recovered, and its WAL beside it. Raise CloudError."""
    fresh = target.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    target.account.give(target.folder)
    wal = target.folder / _WAL
    shutil.rmtree(wal, ignore_errors=True)
    target.account.give(private_dir(wal))
    archive.lend(chosen, wal)
    chosen.bring(fresh, target.account)
    write_private(fresh / "recovery.signal", "", target.account.owner)
    fresh.rename(target.data)


def settings(target: PostgresServer, at: datetime) -> dict[str, str]:
    """The parameters of the recovery.

    They are for one start alone, on the command line: a standby that is copied from it later would stop there too.
    """
    wal = shlex.quote(str(target.folder / _WAL).replace("%", "%%"))
    return {
        "restore_command": f'test -f {wal}/%f && cp {wal}/%f "%p"',
        "recovery_target_time": _said(at),  # with its zone: without, the server reads it in its own
        "recovery_target_timeline": "current",  # `latest` would follow a promotion of the source
        "recovery_target_action": "promote",
        # Otherwise it stops where the source once had larger parameters than now, as initdb's max_connections are.
        "hot_standby": "off",
    }


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")
