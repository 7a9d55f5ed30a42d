"""The verdict on a restored instance, from what was read of it: a table, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bootstrap.action import Action
from bootstrap.reconcile.plan import Plan
from bootstrap.report import MigrationReached
from bootstrap.restored.look import Answer, RestoredCopy
from bootstrap.restored.sequences import Look
from bootstrap.restored.verdict import judge
from bootstrap.schema import Counted, Judgement, SchemaDifference


def planned(*changes: tuple[Any, str]) -> Answer[Plan]:
    actions = (
        Action(engine="postgres", verb=verb, subject=f"role {role}", text="-", identity=role) for verb, role in changes
    )
    return Answer(Plan(changes=tuple(actions), differences=(), fingerprint="-"))


def counted(**rows: int) -> Answer[Counted]:
    return Answer(Counted(rows=rows, unread=()))


def differing(severity: Any) -> Answer[Judgement | None]:
    found = SchemaDifference(kind="column", object="parcels.weight", what="is missing", severity=severity)
    return Answer(Judgement(counted=(found,)))


WHOLE = RestoredCopy(
    owner="depot_owner",
    standby=Answer(found=False),
    migration=Answer(MigrationReached(version=12, dirty=False)),
    plan=planned(),
    invalid=Answer(()),
    judged=Answer(Judgement()),
    counted=counted(parcels=3, routes=1),
    sequences=Answer(Look(seen=2)),
    written=Answer(found=True),
    alive={"parcels": 5, "routes": 1, "schema_migrations": 1},
)
LOST: Answer[Any] = Answer(failed="the connection was lost")


def test_a_whole_copy_is_as_the_primary() -> None:
    assert [(check.name, check.ok, check.detail) for check in judge(WHOLE).checks] == [
        ("recovered", True, "it is a primary"),
        ("migration", True, "version 12"),
        ("access", True, "as declared"),
        ("indexes", True, "all valid"),
        ("schema and rows", True, "as defined"),
        ("sequences", True, "2 ahead of their column"),
        ("rows compared with the primary", True, "no table is empty here alone"),
        ("write", True, "written and rolled back"),
    ]
    assert judge(WHOLE).message == "2 tables with 4 rows, 8 checks passed"


@pytest.mark.parametrize(
    ("changed", "check", "ok", "detail"),
    [
        ({"standby": Answer(found=True)}, "recovered", False, "it is a standby"),
        ({"migration": Answer()}, "migration", False, "no migration was ever applied"),
        (
            {"migration": Answer(MigrationReached(version=12, dirty=True))},
            "migration",
            False,
            "version 12, dirty: the recovery point lies within a migration that failed",
        ),
        ({"plan": planned(("create", "depot_owner"))}, "access", False, "the role depot_owner is missing"),
        # as drift would say it, and a bootstrap mends it: the declaration is of today, the copy is not
        (
            {"plan": planned(("create", "depot_late"), ("drop", "depot_gone"))},
            "access",
            True,
            "a bootstrap would change: create role depot_late, drop role depot_gone",
        ),
        ({"plan": LOST}, "access", False, "the connection was lost"),
        ({"invalid": Answer(("parcels_pkey",))}, "indexes", False, "invalid: parcels_pkey"),
        ({"judged": differing("ERROR")}, "schema and rows", False, "column parcels.weight: is missing"),
        ({"judged": differing("WARN")}, "schema and rows", True, "column parcels.weight: is missing"),
        ({"judged": Answer()}, "schema and rows", True, "no definition is committed"),
        (
            {"counted": Answer(failed="invalid page in block 0"), "alive": None},
            "schema and rows",
            False,
            "invalid page in block 0",
        ),
        ({"sequences": Answer(Look(seen=1, behind=("ids",)))}, "sequences", False, "behind their column: ids"),
        (
            {"counted": counted(parcels=0, routes=0)},
            "rows compared with the primary",
            False,
            "no table has a row, and the primary has about 6",
        ),
        (
            {"counted": counted(parcels=0, routes=2)},
            "rows compared with the primary",
            True,
            "empty here and not there: parcels",
        ),
        ({"alive": None}, "rows compared with the primary", True, "the primary was not asked"),
        ({"written": LOST}, "write", False, "the connection was lost"),
    ],
)
def test_one_thing_is_otherwise(changed: dict[str, Any], check: str, ok: bool, detail: str) -> None:
    verdict = judge(replace(WHOLE, **changed))
    (found,) = (each for each in verdict.checks if each.name == check)
    assert (found.ok, found.detail) == (ok, detail)
    assert [each.name for each in verdict.checks if not each.ok] == ([] if ok else [check])
    assert verdict.ok is ok
