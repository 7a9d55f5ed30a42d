"""The figures that CloudWatch is given: one for each alarm, the worst of what it stands for, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from bootstrap.manifest import Manifest
from infra.instances import instances
from infra.load import load_settings
from knowledge.alarms.facts import facts
from observe import handler
from observe.metrics.facts import reduced
from observe.metrics.family import Family, Labels, Sample
from observe.metrics.source import Refused, Scrape

ACCESS = {"owner": "shop_owner", "identities": {}}
STACK = Manifest.model_validate(
    {
        "stack": "live",
        "prefix": "shop-live",
        "region": "eu-west-1",
        "postgres": {
            "primary": {"name": "primary", "host": "db.example", "port": 5432},
            "replicas": [
                {"name": "standby", "host": "standby.example", "port": 5432},
                {"name": "reporting", "host": "reporting.example", "port": 5432},
                {"name": "far", "host": "far.example", "port": 5432, "region": "eu-central-1"},
            ],
            "database": "shop",
            "master_secret": "arn:master",
        },
        "caches": {
            name: {"endpoint": {"name": name, "host": f"{name}.example", "port": 6379}, "cluster_mode": False}
            for name in ("main", "queue")
        },
        "secrets": {},
        "access": ACCESS,
    }
)


DEAD, SLOT, IDLE = ((("check", name),) for name in ("dead-rows", "slot-inactive", "idle-in-transaction"))


def family(name: str, *samples: tuple[Labels, float]) -> Family:
    return Family(name, "gauge", "help", [Sample(*each) for each in samples])


def object_(check: Labels, name: str) -> Labels:
    return (*check, ("object", name))


STATUS = "datatier_check_status"
PRIMARY, STANDBY = "shop-live/primary", "shop-live/standby"
CASES: dict[str, tuple[list[tuple[str | None, Iterable[Family]]], dict[str, dict[Labels, float]]]] = {
    "nothing": ([], {}),
    "what no alarm is about": (
        [(PRIMARY, [family("pg_up", ((), 1)), family("datatier_response_seconds", ((), 0.1))])], {},
    ),
    "the worst object of a check": (
        [(PRIMARY, [family(STATUS, (object_(DEAD, "a"), 0), (object_(DEAD, "b"), 2), (object_(DEAD, "c"), 1))])],
        {STATUS: {(("instance", PRIMARY), *DEAD): 2}},
    ),
    "each server and each check by itself": (
        [
            (PRIMARY, [family(STATUS, (object_(SLOT, "s"), 1), (object_(DEAD, "a"), 0))]),
            (STANDBY, [family(STATUS, (IDLE, 1))]),
        ],
        {
            STATUS: {
                (("instance", PRIMARY), *SLOT): 1,
                (("instance", PRIMARY), *DEAD): 0,
                (("instance", STANDBY), *IDLE): 1,
            }
        },
    ),
    "a check of the primary alone": ([(STANDBY, [family(STATUS, (object_(SLOT, "s"), 2))])], {}),
    "a replica whose alarms are in another region": ([("shop-live/far", [family(STATUS, (IDLE, 2))])], {}),
    "a check that no alarm is about": ([(PRIMARY, [family(STATUS, ((("check", "response"),), 2))])], {}),
    "one server that answers": (
        [(PRIMARY, [family("datatier_up", ((), 0))]), (STANDBY, [family("datatier_up", ((), 1))])],
        {"datatier_up": {(("instance", "shop-live"),): 1}},
    ),
    "the oldest secret": (
        [(None, [family("datatier_secret_age_seconds", ((("identity", "a"),), 5), ((("identity", "b"),), 7))])],
        {"datatier_secret_age_seconds": {(("instance", "shop-live"),): 7}},
    ),
    "refusals are counted, over all servers": (
        [
            (PRIMARY, [family("datatier_metric_refused", ((("metric", "a"),), 1), ((("metric", "b"),), 1))]),
            (STANDBY, [family("datatier_metric_refused", ((("metric", "a"),), 1))]),
        ],
        {"datatier_metrics_refused": {(("instance", "shop-live"),): 3}},
    ),
    "none refused is a figure": (
        [(PRIMARY, [family("datatier_metric_refused")])],
        {"datatier_metrics_refused": {(("instance", "shop-live"),): 0}},
    ),
    "a cache's key spaces": (
        [("shop-live/main", [family("datatier_keyspace_without_ttl", ((("space", "a"),), 0), ((("space", "b"),), 9))])],
        {"datatier_keyspace_without_ttl": {(("instance", "shop-live/main"),): 9}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reduced(case: str) -> None:
    scraped, expected = CASES[case]
    found = reduced(STACK, scraped, insights=False)
    assert {each.name: {labels: value for labels, value, _ in each.samples} for each in found} == expected


@dataclass
class Told:
    """A source that gives what it was told."""

    name: str
    families: tuple[Family, ...]
    refused: tuple[Refused, ...] = ()
    closed: list[str] = field(default_factory=list)

    def scrape(self, deadline: float) -> Scrape:
        return Scrape(families=self.families, refused=self.refused)

    def absent(self) -> Scrape:
        raise AssertionError("it answers in time")

    def close(self) -> None:
        self.closed.append(self.name)


def test_a_look_writes_a_line_for_each_set_of_dimensions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [
        Told(
            "primary",
            (family("datatier_up", ((), 1)), family(STATUS, (object_(DEAD, "a"), 1), (IDLE, 2))),
            (Refused("m", "r", "g"),),
        ),
        Told("standby", (family("datatier_up", ((), 0)), family("datatier_migration_dirty", ((), 0)))),
    ]  # fmt: skip
    monkeypatch.setattr(handler, "sources", lambda manifest: told)
    assert handler.look(STACK, "data-tier/shop-live", insights=True) == 2
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for each in documents:
        directive = each["_aws"]["CloudWatchMetrics"][0]
        assert (directive["Namespace"], each["_aws"]["Timestamp"] > 10**12) == ("data-tier/shop-live", True)
        each["_aws"] = directive["Dimensions"], sorted(metric["Name"] for metric in directive["Metrics"])
    assert sorted(documents, key=len) == [
        {
            "_aws": ([["check", "instance"]], [STATUS]),
            "check": "dead-rows",
            "instance": "shop-live/primary",
            STATUS: 1,
        },
        {
            "_aws": ([["instance"]], ["datatier_metrics_refused", "datatier_migration_dirty", "datatier_up"]),
            "instance": "shop-live",
            "datatier_up": 1,
            "datatier_metrics_refused": 1,
            "datatier_migration_dirty": 0,
        },
    ]
    assert [each.closed for each in told] == [["primary"], ["standby"]]


@pytest.mark.parametrize(("insights", "count"), [("off", 19), ("standard", 13)])
def test_what_is_written_is_what_alarms_look_at(insights: str, count: int) -> None:
    """Metric by metric and dimension by dimension, of a stack whose servers give everything there is."""
    config = {"data-tier:profile": "prod", "data-tier:name": "shop", "data-tier:metrics": {"schedule": "5m"}}
    config |= {"data-tier:postgres": {"insights": insights}, "data-tier:rotation": {}}
    tier = instances("live", load_settings(config, stack="live", source="a test"))
    alarms = [each for all_ in tier.facts.values() for each in all_]
    everything = [
        family(each.metric, ((("check", each.check),) if each.check else (), 1)) for each in facts(insights=False)
    ]
    everything = [each for each in everything if each.name != "datatier_metrics_refused"]
    everything.append(family("datatier_metric_refused", ((), 1)))
    names = ["primary", "standby", "reporting", "far", "main", "queue"]
    found = reduced(STACK, [(f"shop-live/{name}", everything) for name in names], insights=insights != "off")
    written = {(each.name, labels) for each in found for labels, _, _ in each.samples}
    assert written == {(each.metric, tuple(each.dimensions.items())) for each in alarms}
    assert len(written) == len(alarms) == count
