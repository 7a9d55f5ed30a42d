"""This process as the peers show theirs: processor time, memory, open files.

The peers' `go_*` have no counterpart: they are of Go's runtime.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from observe.metrics.family import Family, Sample, gauge

_PROC = Path("/proc/self")


def own_process(proc: Path = _PROC) -> Iterator[Family]:
    """The families of `/proc/self`, with client_golang's names and units; none where there is no such folder."""
    try:
        fields = (proc / "stat").read_text("utf-8").rpartition(")")[2].split()
        booted = next(
            int(line.split()[1])
            for line in (proc.parent / "stat").read_text("utf-8").splitlines()
            if line.startswith("btime ")
        )
        files = len(list((proc / "fd").iterdir()))
        network = _network(proc)
    except OSError:
        return
    # proc_pid_stat(5), counted from the state, which is the third field.
    user, system, started, virtual, resident = (int(fields[index]) for index in (11, 12, 19, 20, 21))
    tick = os.sysconf("SC_CLK_TCK")
    yield _counter(
        "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", (user + system) / tick
    )
    yield gauge("process_open_fds", "Number of open file descriptors.", files)
    yield gauge("process_max_fds", "Maximum number of open file descriptors.", _limit(resource.RLIMIT_NOFILE))
    yield gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident * resource.getpagesize())
    yield gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", virtual)
    yield gauge(
        "process_virtual_memory_max_bytes",
        "Maximum amount of virtual memory available in bytes.",
        _limit(resource.RLIMIT_AS),
    )
    yield gauge(
        "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", booted + started / tick
    )
    if network:
        received, sent = network
        yield _counter(
            "process_network_receive_bytes_total", "Number of bytes received by the process over the network.", received
        )
        yield _counter(
            "process_network_transmit_bytes_total", "Number of bytes sent by the process over the network.", sent
        )


def _counter(name: str, explained: str, value: float) -> Family:
    return Family(name, "counter", explained, (Sample((), value),))


def _limit(which: int) -> float:
    soft, _ = resource.getrlimit(which)
    return 2.0**64 - 1 if soft == resource.RLIM_INFINITY else soft  # as client_golang shows `unlimited`


def _network(proc: Path) -> tuple[int, int] | None:
    """Octets received and sent, of everything that shares this network namespace, as with the peers."""
    lines = [line.split() for line in (proc / "net" / "netstat").read_text("utf-8").splitlines()]
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        if names[0] == "IpExt:":
            found = dict(zip(names, values, strict=True))
            return int(found["InOctets"]), int(found["OutOctets"])
    return None
