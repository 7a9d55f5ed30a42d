"""RPO and RTO against the settings: what each loss costs, what is refused, what is told."""

import re
from typing import Any

import pytest
from clinic_project import NAME

from infra.load import load_settings
from infra.rules.objectives import in_words, recoveries
from infra.settings.model import Settings
from infra.settings.problems import SettingsError
from knowledge.backups import recovery
from knowledge.storage import Volume
from preview.findings.objectives import objectives


def load(stack: str = "prod", **config: Any) -> Settings:
    values = {**NAME, "aws:region": "eu-west-1", **{f"data-tier:{key}": value for key, value in config.items()}}
    return load_settings(values, stack=stack, source="test")


REMOTE = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"]}
ALONE = {"multi_az": False, "replicas": {}}
LONG = {"rpo": "48h", "rto": "24h"}

# stack, settings, what is lost, RPO and RTO in minutes (None: not at all)
GIVEN: list[tuple[str, dict[str, Any], str, tuple[int | None, int | None]]] = [
    ("prod", {}, "server", (0, 2)),
    ("prod", {"postgres": {"multi_az": False}}, "server", (1, 10)),
    # A replica of another region is no quick way back from a lost server: a person moves everything there.
    ("dev", {"postgres": {"replicas": {"far": {"remote": REMOTE}}}}, "server", (5, 33)),
    ("dev", {}, "server", (5, 33)),
    ("dev", {"postgres": {"backup": {"retention": 0}}, "backup": {}, "objectives": LONG}, "server", (1500, 33)),
    ("prod", {}, "data", (5, 44)),
    # 1,000 GiB at 500 MiB/s, and at the 1,000 that were bought.
    ("prod", {"postgres": {"storage": {"allocated": 1000, "max": 2000}}}, "data", (5, 65)),
    (
        "prod",
        {"postgres": {"storage": {"allocated": 1000, "max": 2000, "iops": 16000, "throughput": 1000}}},
        "data",
        (5, 48),
    ),
    ("dev", {"postgres": {"backup": {"retention": 0}}, "backup": {}, "objectives": LONG}, "data", (1500, 33)),
    (
        "dev",
        {
            "postgres": {"backup": {"retention": 0}, "maintenance": "Sun 06:00-07:00"},
            "backup": {"weekly": {"at": "Sun 03:00"}},
            "objectives": {"rpo": "24h", "rto": "4h"},
        },
        "data",
        (1440, 33),
    ),
    ("prod", {}, "region", (None, None)),
    ("prod", {"backup": {"second_region": {"region": "eu-central-1"}}}, "region", (1560, 44)),
    ("prod", {"backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}}}, "region", (30, 44)),
    ("prod", {"postgres": {"replicas": {"far": {"remote": REMOTE}}}}, "region", (1, 10)),
    ("prod", {}, "cache main", (1, 2)),
    ("prod", {}, "data of cache main", (1440, 30)),
    ("dev", {}, "cache main", (1440, 30)),
    ("dev", {"redis": {"main": {"snapshot": {"retention": 0}}}}, "cache main", (None, None)),
]


@pytest.mark.parametrize(
    ("stack", "config", "lost", "expected"), GIVEN, ids=[f"{lost}-{n}" for n, (_, _, lost, _) in enumerate(GIVEN)]
)
def test_what_a_loss_costs(
    stack: str, config: dict[str, Any], lost: str, expected: tuple[int | None, int | None]
) -> None:
    (found,) = [each for each in recoveries(load(stack, **config)) if each.lost == lost]
    assert (found.rpo, found.rto) == expected


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"postgres": {"backup": {"retention": 0}}}, "objectives.rpo", "nothing could be restored"),
    ({"postgres": {"backup": {"retention": 0}}, "backup": {}}, "objectives.rpo", "up to 25h apart"),
    ({"objectives": {"rpo": "4m", "rto": "4h"}}, "objectives.rpo", "5m at best"),
    ({"objectives": {"rpo": "24h", "rto": "30m"}}, "objectives.rto", "recovery is a restore, about 33m"),
    (
        {"objectives": {"rpo": "24h", "rto": "5m"}, "postgres": {"replicas": {"standby": {}}}},
        "objectives.rto",
        "a replica is promoted, which somebody has to do; that takes about 10m. Set postgres.multi_az.",
    ),
    (
        {"objectives": {"rpo": "24h", "rto": "1m"}, "postgres": {"multi_az": True}},
        "objectives.rto",
        "the standby of Multi-AZ takes over within 2m. Promise 2m or more.",
    ),
]


@pytest.mark.parametrize(("config", "key", "says"), REFUSED, ids=[f"{k}-{n}" for n, (_, k, _) in enumerate(REFUSED)])
def test_a_promise_that_cannot_be_kept(config: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load("dev", **config)
    found = {problem.key: problem.rule for problem in caught.value.problems}
    assert says in found[f"data-tier:{key}"]


FINDINGS: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = [
    ("dev", {}, []),
    ("staging", {}, []),
    (
        "prod",
        {},
        [
            ("info", "objective-rto", "data"),
            ("info", "objective-rpo", "region"),
            ("info", "objective-rpo", "data of cache main"),
            ("info", "objective-rpo", "data of cache queue"),
        ],
    ),
    (
        "prod",
        {
            "objectives": {"rpo": "30m", "rto": "1h"},
            "backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}},
            "redis": {"main": {"class": "cache.r7g.large", "replicas": 1}},
        },
        [("info", "objective-rpo", "data of cache main")],
    ),
    (
        "prod",
        {"objectives": {"rpo": "24h", "rto": "1h"}, "backup": {"second_region": {"region": "eu-central-1"}}},
        [("info", "objective-rpo", "region")],
    ),
    (
        "prod",
        {
            "objectives": {"rpo": "2h", "rto": "1h"},
            "postgres": {**ALONE},
            "redis": {"main": {"class": "cache.r7g.large", "snapshot": {"retention": 0}}},
            "backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}},
        },
        [("info", "objective-rpo", "cache main"), ("info", "objective-rpo", "data of cache main")],
    ),
]


@pytest.mark.parametrize(("stack", "config", "expected"), FINDINGS)
def test_findings(stack: str, config: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = list(objectives(load(stack, **config)))
    assert [(each.severity, each.rule, each.resource) for each in found] == expected
    assert all(each.message.endswith(".") for each in found)
    # A key that begins a sentence would be written with a capital, which no stack file has.
    assert [each.message for each in found if re.search(r"\. [A-Z][\w-]*[.:_][a-z]", each.message)] == []


def test_a_finding_says_what_is_lost_how_long_and_what_mends_it() -> None:
    found = {each.resource: each.message for each in objectives(load())}
    assert found["data"] == (
        "RTO is 30m; with the data lost it is about 44m: a restore to a point in time. More throughput "
        "(postgres.storage) shortens it; a drill measures it."
    )
    assert found["region"].startswith("RPO is 15m; with the region lost it is for good: nothing is kept elsewhere.")
    assert "at most one a day" in found["data of cache queue"]


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "for ever"), (5, "5m"), (119, "119m"), (120, "2h"), (1500, "25h"), (1530, "25h30m")]
)
def test_minutes_for_people(amount: int | None, text: str) -> None:
    assert in_words(amount) == text


@pytest.mark.parametrize(
    ("gib", "throughput", "expected"),
    [(20, None, 33), (100, None, 44), (399, None, 85), (400, None, 44), (400, 125, 85), (1000, 1000, 48)],
)
def test_how_long_a_restore_takes(gib: int, throughput: int | None, expected: int) -> None:
    assert recovery.restore(Volume(allocated=gib, throughput=throughput)) == expected
