"""Puts this folder on the path, so that every test reaches `postgres_server`; and lets a job insist on its tests."""

from __future__ import annotations

import os
import re
from collections.abc import Generator

import pytest


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
