"""postgresql.conf from an RDS parameter group: what the class was sized for, scaled to this computer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.parameters import GroupParameter
from local.computer import GIB, MIB, server_bytes
from local.postgres.binaries import Binaries

UNIT = {
    "shared_buffers": 8192,
    "effective_cache_size": 8192,
    "wal_buffers": 8192,
    "work_mem": 1024,
    "maintenance_work_mem": 1024,
    "autovacuum_work_mem": 1024,
    "logical_decoding_work_mem": 1024,
    "max_wal_size": MIB,
    "min_wal_size": MIB,
}
"""Memory and WAL parameters and their unit in bytes (`postgres --describe-config`)."""

FLOOR = {
    "shared_buffers": 16 * MIB,
    "effective_cache_size": 64 * MIB,
    "wal_buffers": MIB,
    "work_mem": MIB,
    "maintenance_work_mem": 16 * MIB,
    "autovacuum_work_mem": 16 * MIB,
    "logical_decoding_work_mem": 4 * MIB,
    "max_wal_size": 256 * MIB,
    "min_wal_size": 80 * MIB,
}
CONNECTIONS = 1000
"""Each slot costs shared memory and a semaphore whether it is used or not."""

OWNED = {
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "ssl",
    "data_directory",
    "hba_file",
    "config_file",
    "logging_collector",
    "log_destination",
    "log_directory",
    "log_filename",
    "archive_command",
    "archive_mode",
    "dynamic_library_path",
    "extension_control_path",
}
"""Parameters that the substrate decides."""


@dataclass(frozen=True)
class Config:
    """The server's settings and what had to differ from the parameter group."""

    server: str
    """The program that it is for: one of another package has to be started again."""
    settings: dict[str, str]
    differences: tuple[str, ...]
    archive_command: str | None = None
    """None where nothing is archived: a standby, a copy."""

    def text(self, port: int) -> str:
        base = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "ssl": "off",
            "log_line_prefix": "%t:%r:%u@%d:[%p]:",  # what RDS writes
            "log_timezone": "UTC",
            "timezone": "UTC",
            "wal_level": "replica",
            "max_wal_senders": "20",
            "max_replication_slots": "20",
            "password_encryption": "scram-sha-256",
            # a replica comes back to a restarted primary at once, not after 5 s
            "wal_retrieve_retry_interval": "100ms",
            # a primary on RDS has an endpoint within seconds of a crash; so has this one
            "restart_after_crash": "on",
            "archive_mode": "on" if self.archive_command else "off",
            "archive_command": self.archive_command or "",
        }
        lines = [f"{name} = {quoted(value)}" for name, value in {**self.settings, **base}.items()]
        head = f"# Written by datatier from the stack's parameter group, for {self.server}; edits are lost."
        return "\n".join((head, *lines)) + "\n"


def quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def configure(
    parameters: Iterable[GroupParameter],
    binaries: Binaries,
    total_memory: int,
    without: frozenset[str] = frozenset(),
    archive_command: str | None = None,
) -> Config:
    """Translate the group; `without` names parameters whose value this server has refused."""
    declared = {str(p["name"]): str(p["value"]) for p in parameters}
    settings: dict[str, str] = {}
    scaled: list[str] = []
    meaningless: list[str] = []
    differences: list[str] = []
    factor = _factor(declared, total_memory)
    libraries, absent = _libraries(declared.pop("shared_preload_libraries", ""), binaries.libraries)
    if absent:
        differences.append(f"PostgreSQL runs without {', '.join(absent)}: this build does not ship it")
    if libraries:
        settings["shared_preload_libraries"] = ",".join(libraries)
    for name, value in declared.items():
        known = binaries.settings.get(name)
        extension = name.partition(".")[0] in libraries and "." in name
        if name in OWNED or name in without or not (known or extension) or (known and known.context == "internal"):
            meaningless.append(name)
        elif name in UNIT and factor < 1 and value.isdecimal():
            settings[name] = str(max(int(int(value) * factor), FLOOR[name] // UNIT[name]))
            scaled.append(name)
        elif name == "max_connections" and int(value) > CONNECTIONS:
            settings[name] = str(CONNECTIONS)
            scaled.append(name)
        else:
            settings[name] = _translated(name, value, binaries)
    if scaled:
        differences.append(f"PostgreSQL memory is scaled to this computer: {', '.join(sorted(scaled))}")
    if meaningless:
        differences.append(f"PostgreSQL parameters without local meaning: {', '.join(sorted(meaningless))}")
    server = f"PostgreSQL {binaries.version} of {binaries.package.name}"
    return Config(server, settings | binaries.paths, tuple(differences), archive_command)


def _factor(declared: Mapping[str, str], total_memory: int) -> float:
    """shared_buffers is a quarter of the class's memory, so it tells the class's size."""
    buffers = declared.get("shared_buffers", "")
    declared_bytes = int(buffers) * 8192 * 4 if buffers.isdecimal() else GIB
    return min(1.0, server_bytes(total_memory) / declared_bytes)


def _libraries(value: str, shipped: frozenset[str]) -> tuple[list[str], list[str]]:
    wanted = [name.strip() for name in value.split(",") if name.strip()]
    return [n for n in wanted if n in shipped], [n for n in wanted if n not in shipped]


def _translated(name: str, value: str, binaries: Binaries) -> str:
    """Values whose spelling differs between major versions."""
    if name == "log_connections" and binaries.major < 18 and value not in ("0", "1", "on", "off", "true", "false"):
        return "on"  # a list of stages in 18, a switch before
    return value
