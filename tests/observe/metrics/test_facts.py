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
from knowledge.thresholds.every import thresholds
from observe import scheduled
from observe.catalogue import POSTGRES
from observe.metrics.facts import reduced
from observe.metrics.family import Family, Labels, Sample
from observe.metrics.source import Refused, Scrape
from observe.postgres.migration import MIGRATION

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


STATUS, REFUSALS = "datatier_check_status", "datatier_metrics_refused"
WHOLE = (("instance", "shop-live"),)
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
    "the oldest secret": (
        [(None, [family("datatier_secret_age_seconds", ((("identity", "a"),), 5), ((("identity", "b"),), 7))])],
        {"datatier_secret_age_seconds": {(("instance", "shop-live"),): 7}},
    ),
    "refusals that a grant ends are counted, over all servers": (
        [
            (
                PRIMARY,
                [
                    family(
                        "datatier_metric_refused",
                        ((("grant", 'GRANT pg_monitor TO "a"'),), 1),
                        ((("grant", "secretsmanager:DescribeSecret on arn:a"),), 1),
                        ((("grant", "CREATE EXTENSION pgstattuple"),), 1),
                        ((("grant", "GRANT SELECT ON ALL SEQUENCES IN SCHEMA app TO a"),), 1),
                        ((("grant", ""),), 1),
                    )
                ],
            ),
            (STANDBY, [family("datatier_metric_refused", ((("grant", "`redis: monitoring` in access.yaml"),), 1))]),
        ],
        {REFUSALS: {WHOLE: 3}},
    ),
    "a cache's key spaces": (
        [("shop-live/main", [family("datatier_keyspace_without_ttl", ((("space", "a"),), 0), ((("space", "b"),), 9))])],
        {"datatier_keyspace_without_ttl": {(("instance", "shop-live/main"),): 9}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reduced(case: str) -> None:
    """Whatever else there is, a look says that it was one, and how much it was refused."""
    scraped, expected = CASES[case]
    found = reduced(STACK, scraped, insights=False)
    always = {"datatier_looks": {WHOLE: 1}, REFUSALS: {WHOLE: 0}}
    assert {each.name: {labels: value for labels, value, _ in each.samples} for each in found} == always | expected


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
            (family(STATUS, (object_(DEAD, "a"), 1), (IDLE, 2)),),
            (Refused("m", "r", "GRANT pg_monitor TO w"),),
        ),
        Told("standby", (family("datatier_migration_dirty", ((), 0)),)),
    ]  # fmt: skip
    asked = []
    monkeypatch.setattr(scheduled, "looked_at", lambda manifest, observations: asked.append(observations) or told)
    assert scheduled.look(STACK, "data-tier/shop-live", insights=True) == 2
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
            "_aws": ([["instance"]], ["datatier_looks", "datatier_metrics_refused", "datatier_migration_dirty"]),
            "instance": "shop-live",
            "datatier_looks": 1,
            "datatier_metrics_refused": 1,
            "datatier_migration_dirty": 0,
        },
    ]
    assert [each.closed for each in told] == [["primary"], ["standby"]]
    assert asked == [{"indexes", "migration", "sequences", "slots", "vacuum"}]


@pytest.mark.parametrize(("insights", "count"), [("off", 24), ("standard", 18)])
def test_what_is_written_is_what_alarms_look_at(insights: str, count: int) -> None:
    """Metric by metric and dimension by dimension, of a stack whose servers give everything there is."""
    config = {"data-tier:profile": "prod", "data-tier:name": "shop", "data-tier:metrics": {"schedule": "5m"}}
    config |= {"data-tier:postgres": {"insights": insights}, "data-tier:rotation": {}, "data-tier:bucket": {}}
    config |= {"data-tier:backup": {"logical": {"image": "registry.example/shop/copies:1"}}}
    config |= {"data-tier:maintenance": None}  # whose figures its own run writes
    tier = instances("live", load_settings(config, stack="live", source="a test"))
    alarms = [each for all_ in tier.facts.values() for each in all_]
    everything = [
        family(each.metric, ((("check", each.check),) if each.check else (), 1)) for each in facts(insights=False)
    ]
    everything = [each for each in everything if each.name not in (REFUSALS, "datatier_looks")]
    names = ["primary", "standby", "reporting", "far", "main", "queue"]
    found = reduced(STACK, [(f"shop-live/{name}", everything) for name in names], insights=insights != "off")
    written = {(each.name, labels) for each in found for labels, _, _ in each.samples}
    assert written == {(each.metric, tuple(each.dimensions.items())) for each in alarms}
    assert len(written) == len(alarms) == count


def test_every_figure_comes_from_somewhere() -> None:
    """An observation of the catalogue and, where it is a verdict, a threshold that judges."""
    every = {part.id: part for each in (*POSTGRES, MIGRATION) for part in (each, *each.also)}
    for each in facts(insights=False):
        if each.observation and each.check:
            assert each.check in {one.id for one in every[each.observation].thresholds}
        assert each.observation in {*every, ""}
        assert each.check in {*(one.id for one in thresholds()), ""}
