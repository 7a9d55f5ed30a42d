"""Whether the connections that an application's instances and everybody else may open fit the server. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bootstrap.postgres.pools import OPEN, OWN_SPARE, SPARE, Capacity, advise
from capacity.report import ConnectionUse
from knowledge.thresholds.postgres import CONNECTIONS

_SURGE = 4
"""One instance more for each four, rounded up, while a new version comes: what a Deployment of Kubernetes has
(`maxSurge: 25%`, Kubernetes documentation, "Deployments")."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Connections that somebody may open at the same time as the others."""

    what: str
    connections: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Application:
    """The instances of a service and what each may open."""

    instances: int | None = None
    """None: nobody has said."""
    surge: int | None = None
    """Instances more while it is deployed; None: a quarter."""
    pool: int = OPEN

    @property
    def at_once(self) -> int:
        """Instances during a deployment."""
        instances = self.instances or 0
        return instances + (-(-instances // _SURGE) if self.surge is None else self.surge)


@dataclass(frozen=True, kw_only=True)
class ConnectionBudget:
    """What may be opened against what there is room for."""

    login: str
    usable: int
    """max_connections without what is reserved."""
    demands: tuple[Demand, ...]
    """Without the application where nobody has said how many instances it has."""
    demand: int
    percent: float
    """Of `usable`."""
    most_percent: float
    """More than that is too much: so much stays free for a failover's new sessions, and for a person."""
    fits: bool | None
    """None: nobody has said how many instances there are."""
    most_instances: int
    """With the pool that was said, deployments included."""
    peak: float | None
    """The most connections that were seen at once; None without a history."""
    p99: float | None
    said: str
    """The verdict in a sentence, with what mends it."""


def budget(
    login: str, limits: Mapping[str, int | None], room: Capacity, application: Application, use: ConnectionUse | None
) -> ConnectionBudget:
    """The demands of all logins, one by one; `limits` are their connection limits, None for none."""
    advice = advise(login, max(application.at_once, 1), limits, room)
    others = [Demand(what=name, connections=most, why="its connection limit") for name, most in advice.others.items()]
    others.append(Demand(what="kept free", connections=SPARE, why="the bootstrap, and a person"))
    demands = [*_instances(login, application), *others]
    demand, most = sum(each.connections for each in demands), CONNECTIONS.warn or 100.0
    left = int(room.usable * most / 100) - sum(each.connections for each in others)
    own = left if advice.limit is None else min(left, advice.limit - OWN_SPARE)
    fit = max(own // application.pool, 0)
    fits = None if application.instances is None else application.at_once <= fit
    return ConnectionBudget(
        login=login,
        usable=room.usable,
        demands=tuple(demands),
        demand=demand,
        percent=100 * demand / room.usable,
        most_percent=most,
        fits=fits,
        most_instances=fit,
        peak=use.peak if use else None,
        p99=use.p99 if use else None,
        said=_said(login, application, fits, fit, max(own, 0), advice.limit if own < left else None),
    )


def _instances(login: str, application: Application) -> list[Demand]:
    if application.instances is None:
        return []
    instances, pool = application.instances, application.pool
    made = [Demand(what=login, connections=instances * pool, why=f"{_instances_of(instances)} x {pool}")]
    if surge := application.at_once - instances:
        made.append(Demand(what="deployment", connections=surge * pool, why=f"{surge} more at once x {pool}"))
    return made


def _said(login: str, application: Application, fits: bool | None, fit: int, own: int, limit: int | None) -> str:
    at_once, pool = _instances_of(application.at_once), application.pool
    if fits is None:
        most = f"at most {_instances_of(fit)} of {login} at once, with {pool} connections each"
        return f"{most}: say how many there are with --instances"
    if fits:
        return f"{at_once} at once {'fits' if application.at_once == 1 else 'fit'}; {fit} would"
    each = own // application.at_once
    mend = f"give each {each}, or take fewer" if each else "take fewer"
    said = f"{at_once} at once with {pool} connections each do not fit"
    if limit is None:
        return f"{said}: {mend}, a larger class, or an RDS Proxy"
    more = application.at_once * pool + OWN_SPARE
    return (
        f"{said} the connection limit of {login}, {limit}: {mend}, or write `connection_limit: {more}` in access.yaml"
    )


def _instances_of(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"
