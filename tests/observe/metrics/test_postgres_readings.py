"""What the rows of PostgreSQL are as families, without a server."""

from __future__ import annotations

import pytest

from observe.metrics.family import Family, Sample
from observe.metrics.postgres.catalogue import OPTIONAL, UnknownCollectorError, readings
from observe.metrics.postgres.reading import of_columns
from observe.metrics.postgres.settings import setting
from observe.metrics.postgres.statements import OTHER, Others, statements

V15, V17 = 150004, 170002


@pytest.mark.parametrize(
    ("name", "value", "unit", "kind", "expected"),
    [
        ("autovacuum", "on", "", "bool", ("autovacuum", "", 1)),
        ("fsync", "off", "", "bool", ("fsync", "", 0)),
        ("max_connections", "100", "", "integer", ("max_connections", "", 100)),
        ("seq_page_cost", "1.5e-2", "", "real", ("seq_page_cost", "", 0.015)),
        ("shared_buffers", "16384", "8kB", "integer", ("shared_buffers", "bytes", 134217728)),
        ("min_wal_size", "80", "MB", "integer", ("min_wal_size", "bytes", 83886080)),
        ("wal_segment_size", "16777216", "B", "integer", ("wal_segment_size", "bytes", 16777216)),
        ("deadlock_timeout", "1009", "ms", "integer", ("deadlock_timeout", "seconds", 1.009)),
        ("checkpoint_timeout", "300", "s", "integer", ("checkpoint_timeout", "seconds", 300)),
        ("log_rotation_age", "1440", "min", "integer", ("log_rotation_age", "seconds", 86400)),
        ("statement_timeout", "0", "ms", "integer", ("statement_timeout", "seconds", 0)),
        ("log_min_duration_statement", "-1", "ms", "integer", ("log_min_duration_statement", "seconds", -1)),
        ("wal_buffers", "-1", "8kB", "integer", ("wal_buffers", "bytes", -1)),
        ("pg_stat_statements.max", "5000", "", "integer", ("pg_stat_statements_max", "", 5000)),
        ("rds.some-thing", "1", "", "integer", ("rds_some_thing", "", 1)),
        ("apg_buffer", "4MB", "MB", "integer", ("apg_buffer", "bytes", 4194304)),
        ("unknown_unit", "4", "furlong", "integer", None),
        ("no_number", "sixteen", "", "integer", None),
    ],
)
def test_a_setting(name: str, value: str, unit: str, kind: str, expected: tuple[str, str, float] | None) -> None:
    made = setting(name, value, unit, kind)
    if expected is None:
        assert made is None
        return
    metric, suffix, number = expected
    assert made == Family(
        f"pg_settings_{metric}" + (f"_{suffix}" if suffix else ""),
        "gauge",
        f"Server Parameter: {name}" + (f" [Units converted to {suffix}.]" if suffix else ""),
        (Sample((), number),),
    )


def test_a_reading_has_the_columns_of_its_version() -> None:
    reading = of_columns("stat_bgwriter", "stat_bgwriter", [("kind", "k")], "FROM here")
    assert reading.statement(V17) == (
        "SELECT k, buffers_clean, maxwritten_clean, buffers_alloc, floor(extract(epoch FROM stats_reset)) FROM here"
    )
    assert len(reading.metrics) == len(reading.families([], V15)) == 11
    families = reading.families([[b"a", b"1", b"2", b"3.5", None], [None, b"4", b"5", b"6", b"7"]], V17)
    assert [(each.name, each.kind, list(each.samples)) for each in families] == [
        (f"pg_stat_bgwriter_{name}_total", "counter", [Sample((("kind", "a"),), a), Sample((("kind", ""),), b)])
        for name, a, b in [
            ("buffers_clean", 1, 4),
            ("maxwritten_clean", 2, 5),
            ("buffers_alloc", 3.5, 6),
            ("stats_reset", 0, 7),
        ]
    ]


def test_a_reading_without_a_value_for_null_leaves_the_sample_out() -> None:
    reading = of_columns("wal", "wal", (), "FROM here", null=None)
    assert [list(each.samples) for each in reading.families([[b"0", None]], V17)] == [[Sample((), 0)], []]


def test_text_that_is_no_utf8_is_replaced() -> None:
    (family, _) = of_columns("wal", "wal", [("name", "n")], "FROM here").families([[b"a\xffb", b"1", b"2"]], V17)
    assert family.samples[0].labels == (("name", "a\ufffdb"),)


def test_what_a_version_lacks_is_not_asked() -> None:
    assert OPTIONAL["stat_checkpointer"]().statement(V15) == ""
    assert OPTIONAL["stat_checkpointer"]().statement(V17).startswith("SELECT num_timed, num_requested, ")


def test_an_unknown_collector() -> None:
    with pytest.raises(UnknownCollectorError, match=r"^no collector `x` that is off by default: stat_checkpointer, "):
        readings(["x"])


A, B, C = ((("queryid", name),) for name in "abc")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([({A: (5.0,)}, (9.0,), 4), ({A: (7.0,)}, (12.0,), 5)], id="grows by what is not of the first"),
        pytest.param([({A: (5.0,)}, (9.0,), 4), ({A: (5.0,), B: (4.0,)}, (9.0,), 4)], id="one enters the first"),
        pytest.param([({A: (5.0,)}, (9.0,), 4), ({B: (6.0,)}, (12.0,), 7)], id="one takes another's place"),
        pytest.param([({A: (5.0,)}, (9.0,), 4), ({A: (5.0,)}, (6.0,), 4), ({A: (5.0,)}, (7.0,), 5)], id="forgotten"),
        pytest.param([({A: (5.0,)}, (9.0,), 4), ({A: (1.0,)}, (1.0,), 4), ({A: (2.0,)}, (3.0,), 5)], id="reset"),
    ],
)
def test_the_other_statements_never_fall(steps: list[tuple[dict[tuple, tuple], tuple, float]]) -> None:
    others = Others()
    for shown, every, expected in steps:
        assert others.add(shown, every) == (expected,)


def test_statements_are_the_first_ones_and_the_others() -> None:
    reading = statements(cap=1)
    rows = [
        [b"clerk", b"shop", b"-17", b"3", b"0.5", b"9", b"0", b"0"],
        [None, None, None, b"5", b"0.75", b"10", b"0", b"0"],
    ]
    calls, seconds, *_ = reading.families(rows, V17)
    one = (("user", "clerk"), ("datname", "shop"), ("queryid", "-17"))
    assert (calls.name, list(calls.samples)) == (
        "pg_stat_statements_calls_total",
        [Sample(one, 3), Sample(OTHER, 2)],
    )
    assert list(seconds.samples) == [Sample(one, 0.5), Sample(OTHER, 0.25)]
    assert "shared_blk_read_time" in reading.statement(V17)
    assert "shared_blk_read_time" not in reading.statement(V15)
