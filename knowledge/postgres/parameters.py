"""PostgreSQL parameters computed from the memory and cores of the instance class.

The shares follow RDS's own defaults and the PostgreSQL wiki (a quarter of the memory for shared_buffers, three quarters
assumed cached); connections, sorts and maintenance are cut so that all together fit by the model of `memory.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from knowledge.parameters import DEFAULT, EVERY, ApplyMethod, Parameter, ParameterError, Value
from knowledge.postgres.catalogue import CATALOGUE, POSTGRES_VERSIONS, check, unknown_problem
from knowledge.postgres.extensions import extension_parameters, preloaded
from knowledge.postgres.fixed import REPLICA, fixed
from knowledge.postgres.memory import GIB, KIB, MIB, NEEDED, PAGE, claimed_memory
from knowledge.postgres.rds_defaults import COMPUTED, PRELOADED, left_to_rds, rds_defaults
from knowledge.storage import SMALLEST

MINIMUM_MEMORY = GIB

RAISED_ON_REPLICAS = (
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_wal_senders",
    "max_worker_processes",
)
"""A standby with less of these than its primary does not start.
https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN"""

_RDS_DEFAULTS = {
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_scale_factor": "0.1",
    "checkpoint_completion_target": "0.9",
    "log_autovacuum_min_duration": "10000",
    "log_checkpoints": "1",
    "max_wal_size": "2048",
    "password_encryption": "scram-sha-256",
    "rds.force_ssl": "1",
    "track_io_timing": "1",
}
"""RDS reports a parameter at its default as `pending-reboot`; sent as `immediate`, it would differ in every preview.
https://www.pulumi.com/registry/packages/aws/api-docs/rds/parametergroup/#problematic-plan-changes"""


def postgres_family(version: int) -> str:
    """Name the parameter group family of a major version."""
    if version not in POSTGRES_VERSIONS:
        raise ParameterError([_unknown_version(version)])
    return f"postgres{version}"


def max_connections(memory_bytes: int) -> int:
    """25 for each GiB, from 50 up to the 5000 at which RDS's own formula stops too."""
    return min(5000, max(50, 25 * memory_bytes // GIB))


def postgres_parameters(
    memory_bytes: int,
    vcpu: int,
    version: int,
    *,
    storage_gib: int,
    replica: bool = False,
    pgaudit: bool = False,
    extensions: Collection[str] = (),
    database: str = "postgres",
    overrides: Mapping[str, Value] | None = None,
    primary: Iterable[Parameter] = (),
) -> tuple[Parameter, ...]:
    """Return the parameters of one instance, sorted by name.

    :param storage_gib: allocated storage; what WAL and temporary files may take is a share of it.
    :param extensions: names of those that the application declares; what they need preloaded is preloaded.
    :param database: name of the database that they are in.
    :param overrides: values to have in place of the computed ones; `default` leaves a parameter, or with `*` every one
        that is not named, out of the group, and `computed` has it computed all the same.
    :param primary: the primary's parameters, for a replica, which may not have fewer connections or workers than it.

    Raise `ParameterError` with all problems: an unknown parameter, one that RDS keeps for itself, a value that
    PostgreSQL would refuse, or a combination that does not fit the instance.
    """
    problems = _impossible_sizes(memory_bytes, vcpu, version, storage_gib)
    if problems:
        raise ParameterError(problems)
    given, problems = _given(overrides or {}, version)
    if problems:
        raise ParameterError(problems)

    defaults = rds_defaults(memory_bytes, vcpu)
    own = {name: defaults[name] for name in left_to_rds(overrides or {}, defaults) & defaults.keys()}
    floors = {one.name: int(one.value) for one in primary if one.name in RAISED_ON_REPLICAS}
    values = _computed(memory_bytes, vcpu, version, storage_gib=storage_gib, given=own | given, floors=floors)
    libraries = preloaded(extensions, version)
    values |= fixed(version, pgaudit, libraries) | extension_parameters(extensions, database)
    values |= (REPLICA if replica else {}) | given
    left = left_to_rds(overrides or {}, values)
    values = {name: value for name, value in values.items() if name not in left}
    problems = [*_conflicts(values, memory_bytes, floors), *_not_preloaded(values, libraries)]
    if problems:
        raise ParameterError(problems)
    return tuple(_parameter(name, values[name], version) for name in sorted(values))


def _given(overrides: Mapping[str, Value], version: int) -> tuple[dict[str, str], list[str]]:
    """Values that are named, and what is wrong with the names and the values."""
    given: dict[str, str] = {}
    problems: list[str] = []
    for name, value in overrides.items():
        if value in (DEFAULT, COMPUTED):
            # What nobody may set cannot be left to RDS either, or computed.
            problem = None if name == EVERY else unknown_problem(name, version)
        elif name == EVERY:
            problem = f"{EVERY}: {value!r} is refused: for every other parameter say {DEFAULT} or {COMPUTED}"
        else:
            given[name], problem = check(name, value, version)
        problems += [problem] if problem else []
    return given, problems


def _impossible_sizes(memory_bytes: int, vcpu: int, version: int, storage_gib: int) -> list[str]:
    problems = [] if version in POSTGRES_VERSIONS else [_unknown_version(version)]
    if memory_bytes < MINIMUM_MEMORY:
        problems.append(f"{memory_bytes // MIB} MiB of memory are too few: the smallest class has 1024 MiB")
    if vcpu < 1:
        problems.append(f"{vcpu} cores are too few: at least 1")
    if storage_gib < SMALLEST:
        problems.append(f"{storage_gib} GiB of storage are too few: gp3 volumes of RDS start at {SMALLEST} GiB")
    return problems


def _unknown_version(version: int) -> str:
    return f"PostgreSQL {version} is not offered; choose one of {', '.join(map(str, POSTGRES_VERSIONS))}"


def _computed(
    memory: int, vcpu: int, version: int, *, storage_gib: int, given: Mapping[str, str], floors: Mapping[str, int]
) -> dict[str, str]:
    """Compute what follows from the size; what depends on connections or workers follows an override of those."""
    connections = max(int(given.get("max_connections", max_connections(memory))), floors.get("max_connections", 0))
    workers = int(given.get("autovacuum_max_workers", min(10, max(3, vcpu // 8))))
    processes = max(8, 2 * vcpu, floors.get("max_worker_processes", 0))
    shared = int(given.get("shared_buffers", memory // 4 // PAGE))
    maintenance = int(given.get("maintenance_work_mem", _between(memory // 16, 32 * MIB, 2 * GIB) // KIB))
    # WAL may not fill the volume: at most a tenth of it between checkpoints, and half an hour of crash recovery.
    wal = _between(memory // 4 // MIB, 1024, min(32 * 1024, storage_gib * 1024 // 10))
    numbers = {
        "autovacuum_max_workers": workers,
        "autovacuum_vacuum_cost_limit": _between(200 * vcpu, 400, 10000),
        # All workers together take what one manual VACUUM may.
        "autovacuum_work_mem": max(1024, maintenance // workers),
        "effective_cache_size": memory * 3 // 4 // PAGE,
        "maintenance_work_mem": maintenance,
        "max_connections": connections,
        "max_parallel_maintenance_workers": _between(vcpu // 2, 1, 4),
        "max_parallel_workers": _between(vcpu, 2, 64),
        "max_parallel_workers_per_gather": _between(vcpu // 2, 1, 4),
        # A slot nobody reads may not fill the volume either: https://www.postgresql.org/docs/current/logicaldecoding.html
        "max_slot_wal_keep_size": storage_gib * 1024 // 4,
        "max_wal_size": wal,
        "max_worker_processes": processes,
        # RDS writes segments of 64 MB, and PostgreSQL wants at least two of them.
        "min_wal_size": max(256, wal // 4),
        "shared_buffers": shared,
        "temp_file_limit": min(storage_gib * GIB // 4 // KIB, 2147483647),
        # PostgreSQL's own rule: a thirty-second of shared_buffers, at most one ordinary segment of 16 MB.
        "wal_buffers": min(shared // 32, 16 * MIB // PAGE),
        "work_mem": _work_mem(memory, connections),
    }
    numbers |= {name: floor for name, floor in floors.items() if name not in numbers}
    if version >= 18:
        # Slots are fixed at start, the number of workers no longer is.
        numbers["autovacuum_worker_slots"] = max(16, workers)
    return {name: str(number) for name, number in numbers.items()}


def _work_mem(memory: int, connections: int) -> int:
    """Two fifths of the memory shared among the connections, in whole MiB where that leaves anything, in kB."""
    share = memory * 2 // 5 // connections
    return max(64, share // MIB * KIB if share >= MIB else share // KIB)


def _conflicts(values: Mapping[str, str], memory: int, floors: Mapping[str, int]) -> list[str]:
    """List what is possible one by one but not together."""
    number = {name: int(value) for name, value in values.items() if value.lstrip("-").isdecimal()}
    problems = [
        f"{name}: {number[name]} is refused: the primary has {floor}, and a replica with less does not start"
        for name, floor in floors.items()
        if number.get(name, floor) < floor
    ]
    for low, high in (
        ("min_wal_size", "max_wal_size"),
        ("max_parallel_workers", "max_worker_processes"),
        ("max_parallel_workers_per_gather", "max_parallel_workers"),
        ("autovacuum_max_workers", "autovacuum_worker_slots"),
        ("reserved_connections", "max_connections"),
        ("rds.rds_superuser_reserved_connections", "max_connections"),
    ):
        if number.get(low, 0) > number.get(high, 2**63):
            problems.append(f"{low}: {number[low]} is refused: it is above {high} = {number[high]}")
    # Where a part of it is RDS's own, RDS has seen to it that a server of the class starts.
    claimed = claimed_memory(values, memory) if values.keys() >= set(NEEDED) else 0
    if claimed > memory:
        problems.append(
            f"the parameters may claim {claimed / GIB:.1f} GiB of {memory / GIB:.1f} GiB when all"
            f" {number['max_connections']} connections are in use; lower work_mem, max_connections, shared_buffers or"
            " maintenance_work_mem, or take a larger class"
        )
    return problems


def _not_preloaded(values: Mapping[str, str], libraries: Iterable[str]) -> Iterator[str]:
    """Name what an override of the list leaves out and a declared extension needs."""
    there = values.get("shared_preload_libraries", PRELOADED).split(",")
    for library in libraries:
        if library not in there:
            yield f"shared_preload_libraries: {library} is missing, and a declared extension needs it; add it"


def _parameter(name: str, value: str, version: int) -> Parameter:
    at_reboot = CATALOGUE[version][name].static or _RDS_DEFAULTS.get(name) == value
    return Parameter(name, value, ApplyMethod.PENDING_REBOOT if at_reboot else ApplyMethod.IMMEDIATE)


def _between(number: int, low: int, high: int) -> int:
    return max(low, min(number, high))
