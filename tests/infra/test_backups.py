"""The backup plan: when its jobs begin, and what speaks against it. Proxy and bucket: what is refused."""

import re
from typing import Any

import pytest
from clinic_project import CLINIC, NAME

from bootstrap.access import load_access
from infra.load import load_settings
from infra.parts.extras import served
from infra.rules.backups import Job, jobs, largest_gap
from infra.settings.access_file import read_declaration
from infra.settings.model import Settings
from infra.settings.problems import SettingsError
from knowledge.backups.regions import DESTINATIONS


def load(stack: str = "prod", **config: Any) -> Settings:
    values = {**NAME, "aws:region": "eu-west-1", **{f"data-tier:{key}": value for key, value in config.items()}}
    return load_settings(values, stack=stack, source="test")


def planned(zone: str, **plan: Any) -> tuple[Job, ...]:
    made = load("dev", backup=plan, postgres={"maintenance": "Sun 06:00-07:00"}).backup
    assert made
    return jobs(made, zone, 14)


@pytest.mark.parametrize(
    ("zone", "plan", "crons", "utc"),
    [
        (
            "UTC",
            {},
            ["cron(0 2 ? * SUN *)", "cron(0 3 ? * MON,TUE,WED,THU,FRI,SAT *)"],
            ["Sun 02:00 UTC", "Mon, Tue, Wed, Thu, Fri, Sat 03:00 UTC"],
        ),
        # By winter's time, as RDS's windows.
        (
            "Europe/Zurich",
            {},
            ["cron(0 1 ? * SUN *)", "cron(0 2 ? * MON,TUE,WED,THU,FRI,SAT *)"],
            ["Sun 01:00 UTC", "Mon, Tue, Wed, Thu, Fri, Sat 02:00 UTC"],
        ),
        # The day before in UTC.
        (
            "Asia/Tokyo",
            {},
            ["cron(0 17 ? * SAT *)", "cron(0 18 ? * MON,TUE,WED,THU,FRI,SUN *)"],
            ["Sat 17:00 UTC", "Mon, Tue, Wed, Thu, Fri, Sun 18:00 UTC"],
        ),
        (
            "UTC",
            {"weekly": {"at": "Wed 01:30"}, "daily": {"at": "12:15"}, "continuous": True},
            [
                "cron(30 1 ? * WED *)",
                "cron(15 12 ? * MON,TUE,THU,FRI,SAT,SUN *)",
                "cron(15 12 ? * MON,TUE,WED,THU,FRI,SAT,SUN *)",
            ],
            [
                "Wed 01:30 UTC",
                "Mon, Tue, Thu, Fri, Sat, Sun 12:15 UTC",
                "Mon, Tue, Wed, Thu, Fri, Sat, Sun 12:15 UTC",
            ],
        ),
    ],
)
def test_when_jobs_begin(zone: str, plan: dict[str, Any], crons: list[str], utc: list[str]) -> None:
    found = planned(zone, **plan)
    assert [job.cron for job in found] == crons
    assert [job.utc for job in found] == utc


def test_what_each_rule_keeps() -> None:
    found = planned("UTC", weekly={"keep": 60}, daily={"keep": 10}, continuous=True)
    assert [(job.rule, job.keep, job.continuous) for job in found] == [
        ("weekly", 60, False),
        ("daily", 10, False),
        ("continuous", 14, True),
    ]


@pytest.mark.parametrize(("weekly", "hours"), [("Sun 02:00", 25), ("Sun 03:00", 24), ("Sun 12:00", 33)])
def test_the_largest_gap(weekly: str, hours: int) -> None:
    assert largest_gap(planned("Asia/Tokyo", weekly={"at": weekly})) == hours * 60


SECOND = {"region": "eu-central-1"}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"backup": {"daily": {"at": "21:30"}}}, "backup.daily.at", "postgres.backup.window"),
    ({"backup": {"daily": {"at": "20:15"}}}, "backup.daily.at", "within an hour before it"),
    ({"backup": {"weekly": {"at": "Sun 03:30"}}}, "backup.weekly.at", "postgres.maintenance (Sun 04:00-05:00)"),
    ({"backup": {"weekly": {"at": "02:00"}}}, "backup.weekly.at", "must be `Sun 02:00`"),
    ({"backup": {"daily": {"at": "Sun 02:00"}}}, "backup.daily.at", "without a day"),
    ({"backup": {"daily": {"at": "25:00"}}}, "backup.daily.at", "no clock shows"),
    ({"backup": {"weekly": {"at": "Son 02:00"}}}, "backup.weekly.at", "not a day"),
    ({"backup": {"weekly": {"keep": 0}}}, "backup.weekly.keep", "1 to 36500 days"),
    ({"backup": {"lock": {"mode": "governance", "min": 10, "max": 40}}}, "backup.daily.keep", "10 to 40"),
    ({"backup": {"lock": {"mode": "governance", "min": 7, "max": 20}}}, "backup.weekly.keep", "7 to 20"),
    ({"backup": {"lock": {"mode": "governance", "min": 7, "max": 5}}}, "backup.lock", "more than 5 at most"),
    ({"backup": {"lock": {"mode": "strict", "min": 7, "max": 50}}}, "backup.lock.mode", "governance"),
    (
        {"backup": {"lock": {"mode": "governance", "min": 7, "max": 40}, "second_region": {**SECOND, "keep": 60}}},
        "backup.second_region.keep",
        "7 to 40",
    ),
    ({"backup": {"second_region": {"region": "eu-west-1"}}}, "backup.second_region.region", "the stack's own"),
    ({"backup": {"second_region": {**SECOND, "keep": None}}}, "backup.second_region", "keeps nothing there"),
    (
        {"backup": {"second_region": {"region": "ap-northeast-1", "point_in_time": 7}}},
        "backup.second_region.point_in_time",
        "does not replicate automated backups from eu-west-1 to ap-northeast-1; it does to",
    ),
    ({"backup": {"second_region": {**SECOND, "point_in_time": 36}}}, "backup.second_region.point_in_time", "35"),
    ({"backup": {"restore_test": {"hours": 200}}}, "backup.restore_test.hours", "168"),
    ({"backup": {"weekley": {}}}, "backup.weekley", "Did you mean `weekly`?"),
    ({"proxy": {"connections": 30, "idle": 40}}, "proxy", "more than the 30 percent"),
    ({"proxy": {"wait": 301}}, "proxy.wait", "300"),
    *(
        ({"bucket": {"name": name}}, "bucket.name", "not a bucket name")
        for name in ("Backups", "192.168.1.1", "xn--shop", "shop-s3alias", "shop--x-s3", "shop.mrap", "amzn-s3-demo-a")
    ),
    ({"bucket": {"roles": ["backup"]}}, "bucket.roles.0", "not the ARN of a role"),
    ({"bucket": {"lock": {"mode": "governance", "days": 0}}}, "bucket.lock.days", "1 to 36500 days"),
    ({"bucket": {"lock": {"days": 9}}}, "bucket.lock.mode", ""),
    ({"protect": False, "bucket": {"lock": {"mode": "compliance"}}}, "bucket.lock.mode", "compliance cannot be undone"),
    ({"bucket": {"expire": {"exports": 3}}}, "bucket.expire.exports", "not a folder"),
    *(
        (
            {"bucket": {"expire": {"exports/": 7, folder: 3}}},
            "bucket.expire",
            f"'{folder}' would expire object by object",
        )
        for folder in ("backups/", "backups/daily/")
    ),
]


@pytest.mark.parametrize(("config", "key", "says"), REFUSED, ids=[f"{k}-{n}" for n, (_, k, _) in enumerate(REFUSED)])
def test_refused(config: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**config)
    found = [problem.rule for problem in caught.value.problems if problem.key == f"data-tier:{key}"]
    assert says in " ".join(found), caught.value.problems


def test_a_lock_for_ever_is_not_for_a_stack_that_may_go() -> None:
    lock = {"mode": "compliance", "min": 7, "max": 40}
    assert load(backup={"lock": lock}).backup
    with pytest.raises(SettingsError, match="not for a stack that is not protected"):
        load("dev", backup={"lock": lock})


def test_aws_backup_moves_the_windows_itself_where_it_keeps_the_logs() -> None:
    assert load(backup={"continuous": True, "daily": {"at": "21:30"}}).backup
    with pytest.raises(SettingsError, match=r"needs postgres.backup.retention of 1 day"):
        load("dev", backup={"continuous": True}, postgres={"backup": {"retention": 0}})


def test_what_a_profile_has() -> None:
    assert load("dev").backup is None
    assert load("staging").backup is None
    prod = load().backup
    assert prod
    assert prod.restore_test
    assert load(backup=None).backup is None
    assert (load().proxy, load().bucket) == (None, None)


def test_pairs_of_regions() -> None:
    region = re.compile(r"[a-z]{2}(-gov)?-[a-z]+-\d")
    assert all(region.fullmatch(each) for pair in DESTINATIONS.items() for each in (pair[0], *pair[1]))
    assert all(source not in found and len(set(found)) == len(found) for source, found in DESTINATIONS.items())
    assert len(DESTINATIONS) == 28


def test_whom_the_proxy_serves() -> None:
    access = load_access(read_declaration(CLINIC))
    assert served(access, ("clinic_app",)) == ["clinic_app"]
    everybody = served(access, ())
    assert "clinic_app" in everybody
    assert set(access.with_privilege("migrator")).isdisjoint(everybody)
    with pytest.raises(ValueError, match=r"clinic_cache has no PostgreSQL login with a password.*clinic_app"):
        served(access, ("clinic_cache",))
