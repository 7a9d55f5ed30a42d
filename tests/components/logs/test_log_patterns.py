"""Each log filter counts its fault in what real servers write, as often as it happened, and nothing else."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FAULTS, Server, events, server
from filter_pattern import matches, terms
from postgres_server import binaries

from knowledge.alarms.catalogue import POSTGRES

PATTERNS = {key: said["pattern"] for key, said in POSTGRES.items() if "pattern" in said}


@pytest.fixture(scope="module", params=binaries().items(), ids=lambda each: str(each[0]))
def logged(request: pytest.FixtureRequest) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="logs-"))
    try:
        with server(request.param[1], folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_every_filter_has_its_fault() -> None:
    assert set(PATTERNS) == set(FAULTS)


@pytest.mark.server
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_counted(logged: Server, fault: str) -> None:
    before = len(logged.log.read_text())
    happened = FAULTS[fault](logged)
    assert happened
    text = after(logged, before, fault, happened)
    assert {key: count for key, pattern in PATTERNS.items() if (count := counted(pattern, events(text)))} == {
        fault: happened
    }, text
    # The same whether the export sends entries or lines.
    assert counted(PATTERNS[fault], text.splitlines()) == happened


def counted(pattern: str, log: list[str]) -> int:
    return sum(matches(pattern, event) for event in log)


def after(logged: Server, start: int, fault: str, expected: int) -> str:
    """What was logged since; a back end may still be writing when its client is gone."""
    until = time.monotonic() + 5
    while True:
        text = logged.log.read_text()[start:]
        if counted(PATTERNS[fault], events(text)) >= expected or time.monotonic() > until:
            return text
        time.sleep(0.02)


@pytest.mark.parametrize("key", PATTERNS)
def test_what_cloudwatch_takes(key: str) -> None:
    """PutMetricFilter: 1024 characters; the same name twice in a group would replace the first."""
    assert len(PATTERNS[key]) <= 1024
    for _, phrase in terms(PATTERNS[key]):
        assert phrase == phrase.encode("ascii").decode()
    names = [said["metric"] for said in POSTGRES.values() if "pattern" in said]
    assert len(set(names)) == len(names)


def test_iam_tokens_are_counted_too() -> None:
    """No server here has RDS's PAM module; its line is that of the RDS guide on IAM authentication."""
    line = (
        '2026-11-21 14:00:00 UTC:10.0.1.5(53412):crm_app@crm:[123]:FATAL:  PAM authentication failed for user "crm_app"'
    )
    assert matches(PATTERNS["failed-logins"], line)


def test_plans_of_auto_explain_are_not_counted_again() -> None:
    prefix = "2026-11-21 14:00:00 UTC:10.0.1.5(53412):crm_app@crm:[123]:LOG:  duration: 612.345 ms  "
    assert matches(PATTERNS["slow-queries"], prefix + "statement: SELECT 1")
    assert not matches(PATTERNS["slow-queries"], prefix + "plan:\n\tQuery Text: SELECT 1\n\tResult  (cost=0.00..0.01)")
