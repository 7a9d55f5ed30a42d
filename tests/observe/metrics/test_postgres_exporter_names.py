"""Names, labels, types and help of PostgreSQL's metrics: those of postgres_exporter, all of them and no other."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from postgres_states import EXTRA, Name, busy, names, url
from real_servers import Postgres

from bootstrap.secrets import Secret
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.metrics.source import shown
from observe.metrics.text import render
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server
FILE = Path(__file__).with_name("postgres_exporter_names.csv")


def _peers(major: int) -> set[Name]:
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [*csv.reader(file)][1:]
    return {(name, kind, labels, text) for name, kind, labels, text, majors in rows if str(major) in majors.split()}


@pytest.mark.parametrize("major", [18, 17, 16, 15])
def test_every_name_is_the_peers(major: int, measured: Callable[[int], Postgres]) -> None:
    server = measured(major)
    source = PostgresSource(lambda: postgres_nodes(Secret(url(server)))[0], readings(EXTRA))
    with busy(server):
        told = render([(None, shown(source.scrape(monotonic() + 10)))])
    source.close()
    assert names(told) == _peers(major)
    assert [line for line in told.splitlines() if line.startswith(("pg_up", "datatier_metric_refused"))] == ["pg_up 1"]
