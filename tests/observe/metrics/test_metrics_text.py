"""Families as text: what Prometheus's own format asks for, letter by letter."""

from __future__ import annotations

import math

import pytest

from observe.metrics.family import Family, Sample, gauge
from observe.metrics.text import number, render

KEYS = Family(
    "shop_keys",
    "gauge",
    'Keys with "quotes", a \\ and\nanother line.',
    [Sample((("db", "0"),), 3), Sample((("db", 'a"b\\c\nd'),), 0.25)],
)
LATENCY = Family(
    "shop_latency",
    "histogram",
    "",
    [
        Sample((("le", "1"),), 2, "_bucket"),
        Sample((("le", "+Inf"),), 3, "_bucket"),
        Sample((), 4.5, "_sum"),
        Sample((), 3, "_count"),
    ],
)


def test_one_server_has_no_label_of_its_own() -> None:
    assert render([(None, [KEYS, LATENCY])]) == (
        '# HELP shop_keys Keys with "quotes", a \\\\ and\\nanother line.\n'
        "# TYPE shop_keys gauge\n"
        'shop_keys{db="0"} 3\n'
        'shop_keys{db="a\\"b\\\\c\\nd"} 0.25\n'
        "# HELP shop_latency \n"
        "# TYPE shop_latency histogram\n"
        'shop_latency_bucket{le="1"} 2\n'
        'shop_latency_bucket{le="+Inf"} 3\n'
        "shop_latency_sum 4.5\n"
        "shop_latency_count 3\n"
    )


def test_nodes_share_a_block_and_blocks_are_sorted() -> None:
    nodes = [
        ("shop-prod/primary", [gauge("zz_up", "Up.", 1), gauge("shop_keys", "Keys.", 1, db="0")]),
        ('shop-prod/re"ports', [gauge("shop_keys", "Other words.", 2, db="0"), gauge("zz_up", "Up.", 0)]),
        (None, [Family("zz_empty", "gauge", "No sample.", [])]),
    ]
    assert render(nodes) == (
        "# HELP shop_keys Keys.\n"
        "# TYPE shop_keys gauge\n"
        'shop_keys{instance="shop-prod/primary",db="0"} 1\n'
        'shop_keys{instance="shop-prod/re\\"ports",db="0"} 2\n'
        "# HELP zz_up Up.\n"
        "# TYPE zz_up gauge\n"
        'zz_up{instance="shop-prod/primary"} 1\n'
        'zz_up{instance="shop-prod/re\\"ports"} 0\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (True, "1"),
        (-1.0, "-1"),
        (0.1, "0.1"),
        (2.0**53, "9007199254740992"),
        (1e300, "1e+300"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text
