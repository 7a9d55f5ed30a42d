"""Comments of `datatier env` on pools: for the drivers of each form, in lines that every reader of it passes over."""

from __future__ import annotations

import pytest

from clients.environment import ENVIRONMENTS
from clients.pool_remarks import pool_remarks

DRIVERS = {
    "libpq": ("set_config", "prepare_threshold=None"),
    "url": ("set_config", "statement_cache_size=0", "prepareThreshold=0"),
    "sqlalchemy": ("set_config", "SET without LOCAL", '"prepare_threshold": None'),
    "prisma": ("set_config", "SET without LOCAL", "pgbouncer=true"),
    "go": ("set_config", "SET without LOCAL", "default_query_exec_mode=exec"),
}


@pytest.mark.parametrize("form", ENVIRONMENTS)
def test_each_form_of_a_driver_has_its_own_remarks_and_no_other_has(form: str) -> None:
    lines = pool_remarks(form)
    assert all(line.startswith("# ") and "\n" not in line for line in lines)
    assert bool(lines) == (form in DRIVERS)
    for part in DRIVERS.get(form, ()):
        assert sum(part in line for line in lines) == 1
