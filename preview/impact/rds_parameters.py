"""RDS parameter groups: what holds at once, what after a restart, and in which order to restart."""

from __future__ import annotations

from knowledge.postgres.parameters import RAISED_ON_REPLICAS
from preview.impact.conditions import has_replicas, parameters
from preview.impact.effect import Edit, Effect, Rule

_REPLICAS = "RDS User Guide, USER_PostgreSQL.Replication.ReadReplicas"
_PARAMETERS = "RDS User Guide, Appendix.PostgreSQL.CommonDBATasks.Parameters"


def _differ(edit: Edit) -> dict[str, tuple[str | None, str | None]]:
    return parameters(edit.before, edit.after)


def _lowered(edit: Edit) -> bool:
    return any(_number(was) > _number(now) for name, (was, now) in _differ(edit).items() if name in RAISED_ON_REPLICAS)


def _raised(edit: Edit) -> bool:
    return any(_number(was) < _number(now) for name, (was, now) in _differ(edit).items() if name in RAISED_ON_REPLICAS)


def _number(text: str | None) -> float:
    return float(text) if text and text.replace(".", "", 1).isdigit() else 0.0


PARAMETERS: tuple[Rule, ...] = (
    Rule(
        id="rds-family",
        key="family",
        users="A new group is made beside the old one; the instance takes it with its major upgrade.",
    ),
    Rule(
        id="rds-parameters-ssl",
        key="parameters",
        effect=Effect.DOWNTIME,
        when=lambda e: _differ(e).get("rds.force_ssl", ("", ""))[1] == "1",
        users="New connections without TLS are refused at once.",
        source="RDS User Guide, PostgreSQL.Concepts.General.SSL",
        way_round="Look at pg_stat_ssl for clients that still connect without.",
    ),
    Rule(
        id="rds-parameters-replicas-first",
        key="parameters",
        effect=Effect.REBOOT,
        when=lambda e: has_replicas(e) and _raised(e),
        users="Holds after a restart; a replica whose value is below the primary's stops replaying.",
        source=_REPLICAS,
        way_round="Restart the replicas first, then the primary.",
    ),
    Rule(
        id="rds-parameters-primary-first",
        key="parameters",
        effect=Effect.REBOOT,
        when=lambda e: has_replicas(e) and _lowered(e),
        users="Holds after a restart; a replica must not be below the primary at any moment.",
        source=_REPLICAS,
        way_round="Restart the primary first, then the replicas.",
    ),
    Rule(
        id="rds-parameters-static",
        key="parameters",
        effect=Effect.REBOOT,
        when=lambda e: any(p["name"] in _differ(e) and p.get("applyMethod") == "pending-reboot" for p in e.after),
        users="Static parameters take effect after a restart, which a maintenance window does not make.",
        source=_PARAMETERS,
        way_round="Restart when it suits: with Multi-AZ, with a failover.",
    ),
    Rule(
        id="rds-parameters",
        key="parameters",
        effect=Effect.IN_PLACE,
        users="Dynamic parameters hold at once, without a restart.",
        source=_PARAMETERS,
    ),
)
