"""The run that happens by itself: what it tells as metrics, when it went well, and when it did not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from knowledge.alarms.facts import INSTANCE
from knowledge.alarms.maintenance import maintenance_alarms
from maintain import handler, scheduled
from maintain.report import Done, MaintenanceReport

SHOP = Manifest(
    stack="live",
    prefix="shop-live",
    region="eu-west-1",
    postgres=PostgresTarget(
        primary=Endpoint(name="primary", host="db.example", port=5432), database="shop", master_secret="arn:master"
    ),
    access={"owner": "shop_owner", "identities": {"shop": {"postgres": "readwrite"}}},
)


NAMESPACE = "data-tier/shop-live/maintenance"


def report(*states: str) -> MaintenanceReport:
    done = tuple(Done(kind="vacuum", object="t", statement="VACUUM t", state=each) for each in states)  # type: ignore[arg-type]
    return MaintenanceReport(began_at="2026-11-29T03:00:00+00:00", seconds=12.5, done=done)


def metrics(out: str) -> dict[str, Any]:
    """Metric -> value of the one embedded document, with its dimensions."""
    (document,) = [json.loads(line) for line in out.splitlines() if "_aws" in line]
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [[INSTANCE]]
    assert document[INSTANCE] == "shop-live"
    return {each["Name"]: document[each["Name"]] for each in directive["Metrics"]}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[MaintenanceReport | Exception], None]:
    """Have a run end like this."""

    def ends(how: MaintenanceReport | Exception) -> None:
        def maintained(manifest: Manifest, seconds: float) -> MaintenanceReport:
            assert (manifest, seconds) == (SHOP, 600.0)
            if isinstance(how, Exception):
                raise how
            return how

        monkeypatch.setattr(scheduled, "maintained", maintained)
        monkeypatch.setattr(scheduled, "sampled", lambda manifest: f"nobody keeps samples of {manifest.prefix}")
        monkeypatch.setattr(handler, "own_manifest", lambda: SHOP)
        monkeypatch.setenv("DATATIER_BUDGET", "600")
        monkeypatch.setenv("DATATIER_NAMESPACE", NAMESPACE)

    return ends


@pytest.mark.parametrize(
    ("states", "answer", "told"),
    [
        ((), {"ok": True, "done": 0, "failed": 0, "left": 0}, (0, 0, 0)),
        (("done", "done", "left", "stopped"), {"ok": True, "done": 2, "failed": 0, "left": 2}, (0, 2, 2)),
        (("done", "failed"), {"ok": False, "done": 1, "failed": 1, "left": 0}, (1, 1, 0)),
    ],
)
def test_the_function_tells_how_it_went(
    run: Callable[[Any], None],
    capsys: pytest.CaptureFixture[str],
    states: tuple[str, ...],
    answer: dict[str, Any],
    told: tuple[int, int, int],
) -> None:
    run(report(*states))
    assert handler.handler({}, None) == answer
    out = capsys.readouterr().out
    failed, done, left = told
    assert metrics(out) == {
        "datatier_maintenance_failed": failed,
        "datatier_maintenance_done": done,
        "datatier_maintenance_left": left,
        "datatier_maintenance_seconds": 12.5,
    }
    # Every line of the log is a document: the report is one too.
    assert json.loads(out.splitlines()[0])["began_at"] == "2026-11-29T03:00:00+00:00"
    assert json.loads(out.splitlines()[1]) == {"capacity": "nobody keeps samples of shop-live"}


def test_a_run_that_breaks_off_has_failed_and_is_an_error(
    run: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    run(BootstrapError("nobody let us in"))
    with pytest.raises(BootstrapError, match="nobody let us in"):
        handler.handler({}, None)
    assert metrics(capsys.readouterr().out) == {"datatier_maintenance_failed": 1}


@pytest.mark.parametrize("in_task", [False, True])
def test_the_alarm_is_on_what_is_written(
    run: Callable[[Any], None], capsys: pytest.CaptureFixture[str], in_task: bool
) -> None:
    run(report("failed"))
    handler.handler({}, None)
    written = metrics(capsys.readouterr().out)
    alarms = {each.key: each for each in maintenance_alarms("shop-live", in_task=in_task)}
    failed = alarms["maintenance-failed"]
    assert (failed.namespace, failed.dimensions) == (NAMESPACE, {INSTANCE: "shop-live"})
    assert written[failed.metric] > failed.threshold
    assert ("maintenance-broken" in alarms) is not in_task
    assert alarms["maintenance-not-started"].dimensions == {"RuleName": "shop-live-maintenance"}
