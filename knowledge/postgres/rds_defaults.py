"""What RDS gives a server of itself, of the parameters that something here reckons with.

Formulas of `default.postgres15` to `default.postgres18` as DescribeDBParameters gives them: AWS Prescriptive Guidance,
"Tuning PostgreSQL parameters" (max_connections, shared_buffers, maintenance_work_mem, autovacuum_max_workers), and the
RDS User Guide, Appendix.PostgreSQL.CommonDBATasks.Parameters. Where RDS sets nothing PostgreSQL's own default stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from knowledge.parameters import DEFAULT, EVERY
from knowledge.postgres.memory import KIB, SYSTEM_SHARE

COMPUTED = "computed"
"""Value of a parameter that says: it is worked out from the instance, as without a word. No parameter of PostgreSQL
takes it."""
PRELOADED = "pg_stat_statements"
"""shared_preload_libraries of `default.postgres15` to `default.postgres18`."""


def left_to_rds(overrides: Mapping[str, object], computed: Iterable[str]) -> set[str]:
    """Parameters that a group does not set, of those that are named and those that would be computed."""
    named = {name for name, value in overrides.items() if value == DEFAULT and name != EVERY}
    if overrides.get(EVERY) != DEFAULT:
        return named
    return named | (set(computed) - overrides.keys())


def rds_defaults(memory_bytes: int, vcpu: int) -> dict[str, str]:
    """Parameter -> what a server of that memory and so many cores has where its group does not set it."""
    # DBInstanceClassMemory is what the operating system and RDS's own processes leave.
    memory = int(memory_bytes * (1 - SYSTEM_SHARE))
    numbers = {
        "autovacuum_max_workers": max(memory // 64371566592, 3),
        "idle_in_transaction_session_timeout": 86_400_000,
        "log_min_duration_statement": -1,
        "maintenance_work_mem": max(memory * KIB // 63963136, 65536),
        "max_connections": min(memory // 9531392, 5000),
        "max_worker_processes": max(2 * vcpu, 8),
        "rds.logical_replication": 0,
        "shared_buffers": memory // 32768,
    }
    return {name: str(number) for name, number in numbers.items()}
