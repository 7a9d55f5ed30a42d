"""Processes of a folder that no pid file knows: left by a killed command, or by a killed postmaster."""

from __future__ import annotations

import signal
from collections.abc import Collection
from pathlib import Path

import psutil

from local.process import end

POSTGRES = "postgres"
_COPIERS = frozenset({"cp", "tar", "pg_basebackup"})
"""Programs that commands have copy: they go on when the command is killed, into a folder that others may want."""
EMULATOR = "local.door"
"""The module that the emulator's process runs."""


def orphans(folder: Path, but: Collection[Path] = ()) -> list[psutil.Process]:
    """Server processes that work in the folder or below it; each of ours does, and a person's shell is none.

    Those that work in or below the folders `but` are left out.
    """
    return [
        process
        for process in psutil.process_iter()
        if _is_server(process)
        and _works_below(process, folder)
        and not any(_works_below(process, each) for each in but)
    ]


def bury(folder: Path, but: Collection[Path] = ()) -> int:
    """End them: postmasters and caches in good order, then what is left of killed postmasters. Returns how many."""
    found = orphans(folder, but)
    parents = {process.pid for process in found}
    heads = [p for p in found if _parent(p) not in parents]
    for name_is_postgres, how in ((True, signal.SIGINT), (False, signal.SIGTERM)):
        end([p for p in heads if (_name(p) == POSTGRES) is name_is_postgres], how, 10.0)
    end(orphans(folder, but), signal.SIGQUIT, 5.0)
    return len(found)


def end_all(folder: Path) -> None:
    """End the servers of a folder, and what a command that was killed has left to copy into it."""
    bury(folder)
    end_copiers(folder)


def end_copiers(folder: Path) -> None:
    """End what a command that was killed has left to copy into a folder, or below it."""
    end([each for each in psutil.process_iter() if _name(each) in _COPIERS and _is_given(each, folder)], signal.SIGKILL)


def is_removed(folder: Path) -> bool:
    """Whether a process removes the folder with what is in it."""
    return any(_name(each) == "rm" and _is_given(each, folder) for each in psutil.process_iter())


def _is_given(process: psutil.Process, folder: Path) -> bool:
    try:
        words = [Path(word.rpartition("=")[2]) for word in process.cmdline()]
    except psutil.Error:
        return False
    return any(path == folder or folder in path.parents for path in words)


def _is_server(process: psutil.Process) -> bool:
    name = _name(process)
    if name.startswith("python"):
        try:
            return EMULATOR in process.cmdline()
        except psutil.Error:
            return False
    return name == POSTGRES or name.startswith(("valkey", "redis"))


def _works_below(process: psutil.Process, folder: Path) -> bool:
    try:
        cwd = Path(process.cwd())
    except (psutil.Error, OSError):
        return False
    return cwd == folder or folder in cwd.parents


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0
