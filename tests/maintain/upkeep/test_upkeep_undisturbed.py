"""Who reads and writes a table while its default partition is drained: nothing unseen, lost or refused."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import psycopg
import pytest
from kept_shop import Shop, carry_out

from maintain.action import Action

MONTHLY = {"table": "log", "partitions": {"ahead": 1}}
LOG = """
CREATE TABLE log (id bigint NOT NULL, at timestamptz NOT NULL, seen int DEFAULT 0, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE log_default PARTITION OF log DEFAULT;
INSERT INTO log SELECT g, '2026-12-01 00:00+00'::timestamptz + make_interval(secs => g) FROM generate_series(1, 5000) g;
"""


def drained(shop: Shop) -> Action:
    with shop.owner() as conn:
        conn.execute(LOG)
    action = shop.plan(MONTHLY).actions[0]
    assert (action.object, action.lock) == ("public.log_2026_12", "ACCESS EXCLUSIVE")
    return action


def waiting(shop: Shop) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return int(shop.rows(query)[0][0])


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT count(*) FROM log", 5000),
        ("SELECT count(*) FROM log WHERE at >= '2026-12-01 00:00+00'", 5000),
        ("INSERT INTO log VALUES (9999, '2026-12-05 00:00+00') RETURNING id", 9999),
        ("UPDATE log SET seen = 1 WHERE id = 7 RETURNING id", 7),
        ("DELETE FROM log WHERE id = 8 RETURNING id", 8),
        ("SELECT id FROM log WHERE id = 9 FOR UPDATE", 9),
    ],
)
def test_who_waits_for_it_then_sees_all_of_it(newest: Shop, statement: str, expected: int) -> None:
    """Each waits from before the rows are moved to after they are attached, as slowly as can be."""
    action = drained(newest)
    locked = next(n for n, each in enumerate(action.statements, 1) if each.startswith("LOCK"))
    with newest.owner() as conn, newest.connect() as other, ThreadPoolExecutor(1) as pool:
        conn.execute("BEGIN")
        for each in action.statements[:locked]:
            conn.execute(each.encode())
        answer: Future[Any] = pool.submit(lambda: other.execute(statement.encode()).fetchone())
        while waiting(newest) < 1:
            sleep(0.01)
        for each in action.statements[locked:]:
            conn.execute(each.encode())
        conn.execute("COMMIT")
        assert answer.result() == (expected,)
    assert newest.rows("SELECT count(*) FROM log_default") == [(0,)]


def test_readers_and_writers_all_the_while(shop: Shop) -> None:
    """What a reader counts is never less than what was committed before it asked."""
    drained(shop)
    done = Event()
    committed = [5000]

    def write() -> int:
        number = 10000
        with shop.connect() as conn:
            while not (done.is_set() and number > 10100):
                number += 1
                day = number % 28 + 1
                conn.execute(
                    "INSERT INTO log VALUES (%s, make_timestamptz(2026, 12, %s, 1, 0, 0, 'UTC'))", (number, day)
                )
                committed[0] += 1
                changed = conn.execute("UPDATE log SET seen = seen + 1 WHERE id = %s", (number % 5000 + 1,)).rowcount
                assert changed == 1
        return number - 10000

    def read() -> int:
        times = 0
        with shop.connect() as conn:
            while not (done.is_set() and times > 20):
                least = committed[0]
                (found,) = conn.execute("SELECT count(*) FROM log").fetchone() or (0,)
                assert found >= least
                times += 1
        return times

    with ThreadPoolExecutor(3) as pool:
        both: list[Future[int]] = [pool.submit(each) for each in (write, read, read)]
        try:
            for each in shop.plan(MONTHLY).actions:
                _patiently(shop, each)
        finally:
            done.set()
        written, *_ = [each.result() for each in both]
    assert shop.rows("SELECT count(*), count(*) FILTER (WHERE tableoid = 'log_2026_12'::regclass) FROM log") == [
        (5000 + written, 5000 + written)
    ]
    assert shop.plan(MONTHLY).actions == ()


def _patiently(shop: Shop, action: Action) -> None:
    """As a run does it: a lock that is not had in time is tried again."""
    for _ in range(50):
        try:
            with shop.owner() as conn:
                carry_out(conn, action)
        except psycopg.errors.LockNotAvailable:
            continue
        return
    raise AssertionError("the lock was never had")


def test_a_lock_that_others_hold_leaves_nothing_behind(newest: Shop) -> None:
    action = drained(newest)
    with newest.connect() as reader, newest.owner() as conn:
        reader.execute("BEGIN; SELECT count(*) FROM log")
        conn.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            carry_out(conn, action)
    assert newest.rows("SELECT count(*) FROM pg_class WHERE relname = 'log_2026_12'") == [(0,)]
    assert [each.object for each in newest.plan(MONTHLY).actions] == ["public.log_2026_12", "public.log_2027_01"]


def test_who_has_written_a_referenced_table_is_not_the_one_that_loses(newest: Shop) -> None:
    """A deadlock in the making: the upkeep gives up before deadlock_timeout comes."""
    with newest.owner() as conn:
        conn.execute(
            "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1); "
            "CREATE TABLE log (customer int REFERENCES customers, at timestamptz) PARTITION BY RANGE (at); "
            "CREATE TABLE log_default PARTITION OF log DEFAULT"
        )
    action = newest.plan(MONTHLY).actions[0]
    locked = next(n for n, each in enumerate(action.statements, 1) if each.startswith("SET LOCAL"))
    with newest.owner() as conn, newest.connect() as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN; INSERT INTO customers VALUES (2)")
        conn.execute("BEGIN")
        for each in action.statements[:locked]:
            conn.execute(each.encode())
        answer = pool.submit(lambda: other.execute("INSERT INTO log VALUES (2, '2026-12-05 00:00+00')").rowcount)
        while waiting(newest) < 1:
            sleep(0.01)
        move, attach = action.statements[locked:]
        conn.execute(move.encode())
        with pytest.raises(psycopg.errors.LockNotAvailable):
            conn.execute(attach.encode())
        conn.execute("ROLLBACK")
        assert answer.result() == 1
        other.execute("COMMIT")
