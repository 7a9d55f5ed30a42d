"""The lines that CloudWatch makes metrics of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from observe.metrics.emf import lines
from observe.metrics.family import Family, Sample, gauge

NAMESPACE, NOW = "data-tier/shop-prod", 1_700_000_000_123


def document(dimensions: dict[str, str], metrics: dict[str, tuple[float, str | None]]) -> dict[str, Any]:
    defined = [{"Name": name, **({"Unit": unit} if unit else {})} for name, (_, unit) in metrics.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": defined}
    values = {name: value for name, (value, _) in metrics.items()}
    return {"_aws": {"Timestamp": NOW, "CloudWatchMetrics": [directive]}, **dimensions, **values}


def labelled(name: str, *samples: tuple[dict[str, str], float]) -> Family:
    return Family(name, "gauge", "", [Sample(tuple(labels.items()), value) for labels, value in samples])


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [gauge("datatier_up", "", 1, node="primary"), gauge("datatier_response_seconds", "", 0.02, node="primary")],
            [
                document(
                    {"node": "primary"},
                    {"datatier_up": (1, None), "datatier_response_seconds": (0.02, "Seconds")},
                )
            ],
            id="metrics with the same labels are one document",
        ),
        pytest.param(
            [
                labelled(
                    "datatier_keyspace_bytes",
                    ({"space": "basket", "node": "main/a"}, 4096),
                    ({"space": "customer", "node": "main/a"}, 1),
                )
            ],
            [
                document({"node": "main/a", "space": "basket"}, {"datatier_keyspace_bytes": (4096, "Bytes")}),
                document({"node": "main/a", "space": "customer"}, {"datatier_keyspace_bytes": (1, "Bytes")}),
            ],
            id="others each their own, dimensions by name",
        ),
        pytest.param(
            [gauge("datatier_migration_dirty", "", 0)],
            [document({}, {"datatier_migration_dirty": (0, None)})],
            id="no label: no dimension",
        ),
        pytest.param(
            [
                labelled(
                    "datatier_check_status", ({"check": "slots", "object": ""}, 2), ({"check": " ", "object": "x"}, 1)
                )
            ],
            [
                document({"check": "slots"}, {"datatier_check_status": (2, None)}),
                document({"object": "x"}, {"datatier_check_status": (1, None)}),
            ],
            id="an empty label is none",
        ),
        pytest.param(
            [labelled("datatier_check_value", ({"object": "straße\n\\" + "x" * 2000}, 5))],
            [document({"object": "stra\\xdfe\\n\\\\" + "x" * 1011}, {"datatier_check_value": (5, None)})],
            id="ASCII without control characters, 1024 at most",
        ),
        pytest.param(
            [gauge("datatier_up", "", float("nan")), gauge("datatier_age", "", float("inf"))],
            [],
            id="what is no number",
        ),
        pytest.param(
            [gauge("redis_up", "", 1), gauge("datatier_metric_refused", "", 1, reason="pg_wal_size_bytes: no right")],
            [],
            id="the peers' metrics, and sentences",
        ),
    ],
)
def test_documents(families: list[Family], expected: list[dict[str, Any]]) -> None:
    found = list(lines(families, NAMESPACE, NOW))
    assert [json.loads(line) for line in found] == expected
    assert all("\n" not in line and line.isascii() for line in found)


def test_a_document_has_at_most_100_metrics() -> None:
    many = [gauge(f"datatier_{number}", "", number, node="primary") for number in range(230)]
    found = [json.loads(line) for line in lines(many, NAMESPACE, NOW)]
    sizes = [len(each["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for each in found]
    assert sizes == [100, 100, 30]
    assert {name: each[name] for each in found for name in each if name.startswith("datatier_")} == {
        f"datatier_{number}": number for number in range(230)
    }


def test_a_metric_has_at_most_30_dimensions() -> None:
    labels = {f"label{number:02}": "x" for number in range(40)}
    (found,) = lines([labelled("datatier_up", (labels, 1))], NAMESPACE, NOW)
    assert json.loads(found)["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[f"label{n:02}" for n in range(30)]]
