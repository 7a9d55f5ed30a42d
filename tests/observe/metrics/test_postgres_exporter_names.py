"""Names, labels, types and help of PostgreSQL's metrics: those of postgres_exporter, all of them and no other."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres_states import Name, busy, names, url
from real_servers import Postgres

from bootstrap.secrets import Secret
from observe.metrics.exporter import Exporter
from observe.metrics.sources import Watched, sources

pytestmark = pytest.mark.server
FILE = Path(__file__).with_name("postgres_exporter_names.csv")


def _peers(major: int) -> set[Name]:
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [*csv.reader(file)][1:]
    return {(name, kind, labels, text) for name, kind, labels, text, majors in rows if str(major) in majors.split()}


@pytest.mark.parametrize("major", [18, 17, 16, 15])
def test_every_name_is_the_peers(major: int, measured: Callable[[int], Postgres]) -> None:
    server = measured(major)
    exporter = Exporter(sources(Watched(postgres=Secret(url(server)), redis=None)), None)
    with busy(server):
        told = exporter.text(10)
    exporter.close(1)
    assert names(told) == _peers(major)
    assert [line for line in told.splitlines() if line.startswith(("pg_up", "datatier_metric_refused"))] == ["pg_up 1"]
