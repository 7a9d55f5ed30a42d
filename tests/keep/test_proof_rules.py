"""What a proof accepts, and what is made of what pg_dump says: rules without a server."""

from __future__ import annotations

import pytest

from keep.postgres import large_objects, tables
from keep.postgres.dump import reason
from keep.postgres.large_objects import LargeObjectsProof
from keep.postgres.sequences import SequenceProof, SequenceState, differences, spanning
from keep.postgres.tables import TableProof


def state(value: int, *, called: bool = True) -> SequenceState:
    return SequenceState(last_value=value, is_called=called)


@pytest.mark.parametrize(
    ("before", "after", "increment", "cycles", "restored", "fits"),
    [
        (state(5), state(5), 1, False, state(5), True),
        (state(5), state(5), 1, False, state(6), False),
        (state(5), state(5), 1, False, state(6, called=False), False),  # gives the same next, but is not as it was
        (state(5), state(9), 1, False, state(7), True),
        (state(5), state(9), 1, False, state(4), False),
        (state(5), state(9), 1, False, state(10), False),
        (state(1, called=False), state(3), 1, False, state(1), True),
        (state(-5), state(-9), -2, False, state(-7), True),
        (state(-5), state(-9), -2, False, state(-3), False),
        (state(99), state(2), 1, True, state(100), True),  # begun again meanwhile
        (state(99), state(99), 1, True, state(100), False),
    ],
)
def test_a_sequence_is_where_it_was_while_it_was_dumped(
    before: SequenceState, after: SequenceState, increment: int, cycles: bool, restored: SequenceState, fits: bool
) -> None:
    was = SequenceProof(before=before, after=after, increment=increment, cycles=cycles)
    assert was.has(restored) is fits


def test_sequences_that_are_missing_or_elsewhere_are_named() -> None:
    was = {name: SequenceProof(before=state(1), after=state(3), increment=1) for name in ("a.s", "a.t")}
    now = {
        name: SequenceProof(before=at, after=at, increment=1) for name, at in {"a.s": state(9), "b.u": state(1)}.items()
    }
    assert differences(was, now) == (
        "sequence a.s is at 9 and was at 1",
        "sequence a.t is missing",
        "sequence b.u is there and was not",
    )
    assert differences(was, was) == ()


def test_a_sequence_that_was_dropped_while_it_was_dumped_is_not_expected() -> None:
    before = {name: SequenceProof(before=state(1), after=state(1), increment=1) for name in ("kept", "dropped")}
    after = {name: SequenceProof(before=state(4), after=state(4), increment=1) for name in ("kept", "made")}
    assert spanning(before, after) == {"kept": SequenceProof(before=state(1), after=state(4), increment=1)}


def test_tables_that_are_other_are_named() -> None:
    was = {
        "a.t": TableProof(rows=2, digest="7"),
        "a.u": TableProof(rows=2, digest="7"),
        "a.v": TableProof(rows=1, digest="1"),
    }
    now = {
        "a.t": TableProof(rows=3, digest="7"),
        "a.u": TableProof(rows=2, digest="8"),
        "a.w": TableProof(rows=0, digest="0"),
    }
    assert tables.differences(was, now) == (
        "table a.t has 3 rows and had 2",
        "table a.u has 2 rows as it had, but not the same",
        "table a.v is missing",
        "table a.w is there and was not",
    )


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ((2, 10, "7"), ()),
        ((1, 10, "7"), ("the large objects are 1 of 10 bytes together and were 2 of 10 bytes together",)),
        ((2, 10, "8"), ("the 2 large objects are as many as they were, but not the same",)),
    ],
)
def test_large_objects_that_are_other_are_named(other: tuple[int, int, str], said: tuple[str, ...]) -> None:
    was, now = (LargeObjectsProof(objects=o, bytes=b, digest=d) for o, b, d in ((2, 10, "7"), other))
    assert large_objects.differences(was, now) == said


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        (
            "pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout\n"
            "pg_dump: detail: Query was: LOCK TABLE a.t IN ACCESS SHARE MODE\n",
            1,
            "query failed: ERROR:  canceling statement due to lock timeout (a statement such as a migration's has held "
            "a table for 30 s: run it again after that)",
        ),
        (
            'pg_dump: error: query failed: ERROR:  relation "a.t" does not exist\n',
            1,
            'query failed: ERROR:  relation "a.t" does not exist (the schema was changed meanwhile: run it again)',
        ),
        (
            'pg_dump: error: Dumping the contents of table "t" failed: PQgetCopyData() failed.\n'
            "pg_dump: detail: Error message from server: server closed the connection unexpectedly\n"
            "\tThis probably means the server terminated abnormally\n"
            "pg_dump: detail: Command was: COPY a.t (x) TO stdout;\n",
            1,
            'Dumping the contents of table "t" failed: PQgetCopyData() failed. Error message from server: server '
            "closed the connection unexpectedly (the server went away or ended the session: run it again once it is "
            "there)",
        ),
        ("pg_dump: error: something new\n", 1, "something new"),
        ("", 1, "it said nothing"),
        ("", -9, "it was ended by SIGKILL: run it again"),
    ],
)
def test_what_pg_dump_says_becomes_a_sentence(said: str, status: int, sentence: str) -> None:
    assert reason(said, status) == sentence
