"""Whatever the settings offer passes the project's own policy pack, under every profile that is deployed to AWS."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

from graph.offline import Offline
from infra.program import program
from infra.settings.stackfile import read_stack
from policy.evaluate import evaluate
from preview.preflight import declared
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
REMOTE = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"], "clients": ["sg-0c"]}
SLACK = {"slack": {"workspace": "T0", "channel": "C0"}}
QUEUE = {"sqs": "arn:aws:sqs:eu-west-1:210987654321:ops"}
SERVICE = {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2", "clients": ["sg-0a", "10.1.0.0/16"]}
NETWORK = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"], "clients": ["sg-0a", "10.1.0.0/16"]}
NETWORK |= {"endpoints": ["sg-0e", "10.9.0.0/16"]}
COPIES = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-copies:1.2"
LOCK = {"mode": "governance", "min": 7, "max": 90}
CACHE = {"class": "cache.m7g.large", "replicas": 1, "multi_az": True}
# Options that go together share a run, which takes a second: what is refused names its resource.
OPTIONS: dict[str, dict[str, Any]] = {
    "chat, proxy by token, continuous backups, and shards in a network that is there already": {
        "notify": {"critical": [SLACK], "warning": [SLACK], "info": [SLACK]},
        "proxy": {"iam": True},
        "backup": {"continuous": True, "logical": {"image": COPIES, "to": "s3://shop-copies/live"}},
        "network": NETWORK,
        "metrics": {"schedule": "1m", "service": SERVICE},
        "redis": {"main": CACHE | {"shards": 2}},
    },
    "e-mail, web and queue, proxy, bucket and rotation, second region, Redis and a token": {
        "notify": {"critical": [{"email": "a@example.org"}], "warning": [{"https": "https://a.example.org"}]}
        | {"info": [QUEUE]},
        "metrics": {"service": SERVICE},
        "proxy": {}, "bucket": {"roles": ["arn:aws:iam::210987654321:role/shop"]}, "rotation": {},
        "postgres": {"replicas": {"near": {}, "far": {"remote": REMOTE}}},
        "backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}, "lock": LOCK, "restore_test": {},
                   "logical": {"image": COPIES}, "drills": {"image": COPIES, "run": ["pitr", "redis"]}},
        "redis": {"main": CACHE | {"engine": "redis", "version": "7.1", "auth": "token"}},
    },
}  # fmt: skip


def failures(profile: str, changes: dict[str, Any]) -> set[tuple[str, str]]:
    """Rule and resource of what the pack refuses, for a shop's stack called `live`."""
    config = {key: value for key, value in read_stack(CLINIC, "dev").items() if key.startswith("aws:")}
    config |= {"data-tier:profile": profile, "data-tier:name": "shop"}
    config |= {f"data-tier:{key}": value for key, value in changes.items()}
    found = run_program("live", lambda: program(CLINIC), Offline("eu-west-1"), config)
    return {
        (each.rule.id, f"{each.resource}: {each.detail}")
        for each in evaluate(declared(found), today=date(2026, 11, 29))
        if each.outcome == "failed"
    }


@pytest.mark.parametrize("profile", ["dev", "prod"])
@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_the_settings_passes_the_policy(option: str, profile: str) -> None:
    assert failures(profile, OPTIONS[option]) == set()
