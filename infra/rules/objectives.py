"""What a stack's settings give when something is lost, beside what its objectives promise (row F3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bootstrap.rule import says
from infra.instances import volume
from infra.rules.backups import jobs, largest_gap
from infra.rules.broken import Broken
from infra.settings.model import Settings
from infra.settings.values import minutes
from knowledge.backups import recovery


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What comes back after one kind of loss."""

    lost: str
    """What is lost: `server`, `data`, `region`, or `cache NAME`, `data of cache NAME`."""
    rpo: int | None
    """Minutes of work that may be lost; None: all of it."""
    rto: int | None
    """Minutes until it is available again; None: unknown."""
    how: str
    mend: str
    """What would do better."""


@says(
    {
        "objectives.rpo": (
            f"what backups can give: {recovery.POINT_IN_TIME}m at best, with `postgres.backup.retention` of 1 or "
            "more; without it the time between two recovery points of `backup`"
        ),
        "objectives.rto": (
            "what recovery can give: a failover with `postgres.multi_az`, a promotion with a replica, else a restore"
        ),
    }
)
def broken(settings: Settings) -> Broken:
    """Promises that cannot be kept in the most ordinary case: refused before anything is made."""
    rpo, rto = settings.objectives.rpo, settings.objectives.rto
    data, server = _data(settings), _server(settings)
    if data.rpo is None:
        yield (
            "rpo",
            f"promises {rpo}, but postgres.backup.retention is 0: nothing could be restored. Set it to 1 or more.",
        )
    elif minutes(rpo) < recovery.POINT_IN_TIME:
        yield "rpo", f"promises {rpo}; point-in-time recovery gives {recovery.POINT_IN_TIME}m at best."
    elif minutes(rpo) < data.rpo:
        yield (
            "rpo",
            f"promises {rpo}, but postgres.backup.retention is 0, so what is left are the plan's snapshots, up to "
            f"{in_words(data.rpo)} apart. Set it to 1 or more.",
        )
    if server.rto is not None and minutes(rto) < server.rto:
        takes = in_words(server.rto)
        if settings.postgres.multi_az:
            yield "rto", f"promises {rto}; {server.how} within {takes}. Promise {takes} or more."
        elif _here(settings):
            yield "rto", f"promises {rto}; {server.how} takes about {takes}. Set postgres.multi_az."
        else:
            how = f"without multi_az or a replica recovery is a restore, about {takes}"
            yield "rto", f"promises {rto}; {how}. Set postgres.multi_az."


def recoveries(settings: Settings) -> tuple[Recovery, ...]:
    """Everything that may be lost, in the order of what is likely."""
    return (_server(settings), _data(settings), _region(settings), *_caches(settings))


def in_words(amount: int | None) -> str:
    """Minutes as text, such as `33m` or `2h5m`; None is `for ever`."""
    if amount is None:
        return "for ever"
    hours, rest = divmod(amount, 60)
    return f"{amount}m" if amount < 120 else f"{hours}h" + (f"{rest}m" if rest else "")


def _here(settings: Settings) -> bool:
    """Whether a replica stands in the stack's own region."""
    return any(replica.remote is None for replica in settings.postgres.replicas.values())


def _restore(settings: Settings) -> int:
    return recovery.restore(volume(settings.postgres.storage))


def _point(settings: Settings) -> tuple[int | None, str]:
    """What a restore in the stack's own region may lack, and from what it is made."""
    if settings.postgres.backup.retention:
        return recovery.POINT_IN_TIME, "a restore to a point in time"
    if settings.backup:
        return largest_gap(jobs(settings.backup, settings.time_zone, 1)), "a restore of the last recovery point"
    return None, "nothing"


def _server(settings: Settings) -> Recovery:
    if settings.postgres.multi_az:
        return Recovery(lost="server", rpo=0, rto=recovery.FAILOVER, how="the standby of Multi-AZ takes over", mend="")
    if _here(settings):
        return Recovery(
            lost="server",
            rpo=recovery.REPLICA_LAG,
            rto=recovery.PROMOTION,
            how="a replica is promoted, which somebody has to do; that",
            mend="a standby (postgres.multi_az) takes over by itself",
        )
    rpo, how = _point(settings)
    return Recovery(lost="server", rpo=rpo, rto=_restore(settings), how=how, mend="set postgres.multi_az")


def _data(settings: Settings) -> Recovery:
    """Deleted or overwritten by mistake: every standby has it so within a second."""
    rpo, how = _point(settings)
    return Recovery(
        lost="data",
        rpo=rpo,
        rto=_restore(settings),
        how=how,
        mend="more throughput (postgres.storage) shortens it; a drill measures it",
    )


def _region(settings: Settings) -> Recovery:
    if any(replica.remote for replica in settings.postgres.replicas.values()):
        how = "the replica of another region is promoted"
        return Recovery(lost="region", rpo=recovery.REPLICA_LAG, rto=recovery.PROMOTION, how=how, mend="")
    second = settings.backup.second_region if settings.backup else None
    mend = "a replica of another region (postgres.replicas.NAME.remote) is promoted within minutes"
    if second and second.point_in_time:
        rpo, how = recovery.POINT_IN_TIME_ELSEWHERE, f"a restore to a point in time in {second.region}"
        return Recovery(lost="region", rpo=rpo, rto=_restore(settings), how=how, mend=mend)
    if settings.backup and second and second.keep:
        gap = largest_gap(jobs(settings.backup, settings.time_zone, 1)) + recovery.COPYING
        how = f"a restore of the last copy in {second.region}"
        rpo = recovery.POINT_IN_TIME_ELSEWHERE
        mend = f"copies of every moment (backup.second_region.point_in_time) are within {rpo} minutes"
        return Recovery(lost="region", rpo=gap, rto=_restore(settings), how=how, mend=mend)
    mend = "a second region (data-tier:backup.second_region) keeps backups too"
    return Recovery(lost="region", rpo=None, rto=None, how="nothing is kept elsewhere", mend=mend)


def _caches(settings: Settings) -> Iterator[Recovery]:
    for name, cache in settings.redis.items():
        kept = recovery.CACHE_SNAPSHOT if cache.snapshot.retention else None
        from_snapshot = recovery.CREATION if kept else None
        how = "a restore of the last snapshot, at most one a day" if kept else "it comes back empty"
        if cache.replicas:
            yield Recovery(
                lost=f"cache {name}", rpo=recovery.CACHE_LAG, rto=recovery.CACHE_FAILOVER, how="a replica takes over",
                mend="",
            )  # fmt: skip
        else:
            yield Recovery(
                lost=f"cache {name}", rpo=kept, rto=from_snapshot, how=how, mend=f"set redis.{name}.replicas"
            )
        yield Recovery(
            lost=f"data of cache {name}",
            rpo=kept,
            rto=from_snapshot,
            how=how,
            mend="what must not be lost belongs in PostgreSQL; a cache has no point-in-time recovery",
        )
