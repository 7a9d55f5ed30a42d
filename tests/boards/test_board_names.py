"""Every name and label of a panel or a rule is one that the exporter gives, on every version."""

from __future__ import annotations

import re

import pytest
from exporter_names import names

from boards.expression import NODE, Aggregate, Binary, Expression, Metric, Where, walk
from boards.panels.catalogue import BOARDS
from boards.panels.panel import Line
from boards.rules.catalogue import rules

LIMITS = {"shop-prod/standby": {"replica-lag": 5.0, "load-high": 5.0}}
PROMETHEUS = {"up": {"job"}}
"""What Prometheus itself adds to a scrape."""
LINES = [(panel.id, line) for board in BOARDS for panel in board.panels for line in panel.lines]


def unknown(expression: Expression, known: dict[str, set[str]]) -> set[str]:
    """Names, and labels in matchers and groups, that no series has."""
    found: set[str] = set()
    for each in walk(expression):
        if isinstance(each, Metric):
            labels = known.get(each.name)
            if labels is None:
                found.add(each.name)
            else:
                found |= {f"{each.name}{{{name}}}" for name, _, _ in each.matchers if name not in {NODE, *labels}}
        keys = each.by if isinstance(each, Aggregate) else each.on if isinstance(each, Binary | Where) else ()
        of = {part.name for part in walk(each) if isinstance(part, Metric)}
        have = {NODE}.union(*(known.get(name, set()) for name in of))
        found |= {f"by {key}" for key in keys if key not in have}
    return found


@pytest.mark.parametrize("major", [15, 16, 17, 18])
def test_every_name_of_a_rule_or_panel_is_given_on_every_version(major: int) -> None:
    known = names(major) | PROMETHEUS
    of_rules = {
        rule.key: bad for rule in rules(LIMITS, {"secret-old": 1.0}) if (bad := unknown(rule.expression, known))
    }
    of_panels = {panel: bad for panel, line in LINES if (bad := unknown(line.expression, known))}
    assert (of_rules, of_panels) == ({}, {})


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        (Metric("pg_up"), set()),
        (Metric("pg_replication_lag"), {"pg_replication_lag"}),
        (Metric("pg_locks_count", (("lockmode", "=", "x"),)), {"pg_locks_count{lockmode}"}),
        (Aggregate("sum", Metric("pg_locks_count"), ("instance", "type")), {"by type"}),
    ],
)
def test_a_name_or_label_that_nobody_gives_is_found(expression: Expression, bad: set[str]) -> None:
    assert unknown(expression, names(18)) == bad


@pytest.mark.parametrize(("panel", "line"), LINES)
def test_a_legend_names_labels_that_the_result_has(panel: str, line: Line) -> None:
    known = names(18)
    left = line.expression
    labels = {NODE}.union(*(known[each.name] for each in walk(left) if isinstance(each, Metric)))
    for each in walk(left):
        if isinstance(each, Aggregate):
            labels &= set(each.by)
    assert set(re.findall(r"\{\{(\w+)\}\}", line.legend)) <= labels, panel


def test_ids_of_panels_are_unique_and_their_alarms_are_rules() -> None:
    panels = [panel for board in BOARDS for panel in board.panels]
    assert len({panel.id for panel in panels}) == len(panels)
    known = {rule.key for rule in rules(LIMITS)}
    assert {alarm for panel in panels for alarm in panel.alarms} - known == set()
