"""A plan as scripts read it, as one may paste it, and what a run remembers of the ones before."""

from __future__ import annotations

import pytest
from rows import GB, index, node, planned, table, worn

from cli.maintain_view import as_json, brief, show, sql
from maintain.action import Action, MaintenancePlan
from maintain.plan import plan
from maintain.report import Done, MaintenanceReport, past

ROWS = {
    "tables": [table(1)],
    "indexes": [index(1, "stock.a", "x"), index(1, "stock.a_ccnew", "x", valid=False)],
    "vacuum": [worn(1, dead=40_001)],
}


def test_what_scripts_read() -> None:
    made = as_json(planned(ROWS, version=170000, maintainer="carer"))
    assert set(made) == {"actions", "skipped"}
    assert made["skipped"] == []
    actions = made["actions"]
    assert isinstance(actions, list)
    assert actions[1] == {
        "kind": "vacuum",
        "node": "primary",
        "object": "stock.items",
        "statements": ("VACUUM (ANALYZE, TRUNCATE off) stock.items",),
        "statement": "VACUUM (ANALYZE, TRUNCATE off) stock.items",
        "transaction": False,
        "repeat": False,
        "why": "stock.items has 40,001 dead rows: autovacuum comes at 20,000",
        "lock": "SHARE UPDATE EXCLUSIVE",
        "effect": "reads and writes go on (SHARE UPDATE EXCLUSIVE); not inside a transaction",
        "needs": "MAINTAIN on stock.items",
        "role": "",
        "bytes": 13 * GB,
        "seconds": 99.2,
    }


def test_what_one_may_paste() -> None:
    partition = Action(
        kind="partition",
        node="primary",
        object="stock.days",
        statements=("CREATE TABLE x ()", "ALTER TABLE y ATTACH PARTITION x"),
        transaction=True,
        why="two\nlines",
        lock="ACCESS EXCLUSIVE",
        needs="ownership of stock.days",
        role='the "keeper"',
    )
    of_rows = planned(ROWS)
    purge = plan(caches=[node(kept_percent=11.0, kept_bytes=1e9)])
    made = MaintenancePlan(actions=(*of_rows.actions, partition, *purge.actions))
    assert sql(made).splitlines() == [
        "-- primary, as keeper",
        'SET ROLE "keeper";',
        "-- a REINDEX of stock.a that was stopped left stock.a_ccnew behind: 2.8 GiB that no query uses",
        "DROP INDEX CONCURRENTLY stock.a_ccnew;",
        "-- stock.items has 40,001 dead rows: autovacuum comes at 20,000",
        "VACUUM (ANALYZE, TRUNCATE off) stock.items;",
        "RESET ROLE;",
        '-- primary, as the "keeper"',
        'SET ROLE "the ""keeper""";',
        "-- two lines",
        "BEGIN;",
        "CREATE TABLE x ();",
        "ALTER TABLE y ATTACH PARTITION x;",
        "COMMIT;",
        "RESET ROLE;",
        "-- till/a, as sweeper",
        "-- 954 MiB (11.0 %) more memory than the allocator uses, in pages that hold nothing; the node answers nobody "
        "while it gives them back",
        "-- MEMORY PURGE",
    ]


def test_in_a_pipe_an_action_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(planned(ROWS))
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["", "1", "2", "2 actions, about 1 min 39 s in all: datatier maintain run"]
    assert lines[2][1].strip() == "VACUUM (ANALYZE, TRUNCATE off) stock.items"
    assert lines[2][-1].strip() == "ownership of stock.items, as keeper"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("ANALYZE t", "ANALYZE t"),
        ("LOCK TABLE ONLY t IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = '100ms'; DROP TABLE t_2026",
         "DROP TABLE t_2026 (and 2 statements before it: --sql)"),
    ],
)  # fmt: skip
def test_a_transaction_is_known_by_what_it_is_for(statements: str, expected: str) -> None:
    assert brief(statements) == expected


def test_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show(MaintenancePlan(actions=()))
    assert capsys.readouterr().out == "nothing to do\n"


def done(statement: str, state: str, seconds: float = 1.0, detail: str = "") -> Done:
    return Done.model_validate(
        {"kind": "vacuum", "object": "o", "statement": statement, "state": state, "seconds": seconds, "detail": detail}
    )


def report(began: str, *actions: Done) -> MaintenanceReport:
    return MaintenanceReport(began_at=began, seconds=1, done=actions)


def test_what_is_known_of_past_runs() -> None:
    second = report(
        "2026-11-23T03:00:00+00:00", done("a", "done", 3.0), done("b", "failed", 4.0, "no"), done("c", "done")
    )
    first = report(
        "2026-11-16T03:00:00+00:00", done("a", "failed", 1.0, "why"), done("b", "done", 2.0), done("d", "left")
    )
    assert past([second, first]) == ({"a": 3.0, "b": 2.0, "c": 1.0}, {"b": "no"})
