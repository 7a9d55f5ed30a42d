"""Puts this folder on the path, so that every test reaches `postgres_server`; lets a job insist on its tests; gives the
workers of a session one place for what they share; and lets the garbage collector rest."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Generator

import once
import pytest

# Pulumi's SDK and the tests themselves are millions of objects that stay, and each collection walks them: that was
# nearly half of a run of the stacks' program. pytest collects at the end, so that no leaked file or socket is missed.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip whose reason DATATIER_NO_SKIPS finds fails: where a job is there for these tests, none may be left out."""
    report = yield
    wanted = os.environ.get("DATATIER_NO_SKIPS")
    if wanted and report.skipped and re.search(wanted, str(report.longrepr)):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session", autouse=True)
def _shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    # A worker of xdist has a folder of its own in that of the session.
    once.share(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
