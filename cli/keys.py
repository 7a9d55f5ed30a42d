"""`datatier keys`: what a cache holds, by the key spaces of access.yaml, looked at so that nobody feels it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.application import ACCESS
from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret
from cli.doors import by_url
from cli.errors import FAILED, INTERRUPTED, InputError
from cli.options import JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, note
from cli.project import own_root, project_root
from cli.target import find_manifest
from infra.settings.problems import nearest

if TYPE_CHECKING:
    from bootstrap.access import Access
    from observe.keys.entry import Entry
    from observe.keys.survey import Progress, Survey

_NICENESS = 10
"""On the computer of the servers a scan gives way to them: it is the processor that others miss (bench/keys.py)."""


def keys(
    cache: Annotated[
        str | None, typer.Argument(metavar="CACHE", help="Named cache; with --redis-url whose key spaces are meant.")
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    redis_url: RedisUrlOption = None,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Who looks; the first that may when absent.")
    ] = None,
    primary: Annotated[bool, typer.Option("--primary", help="Ask the primary, not a replica.")] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Look at about so many keys, and estimate the rest.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the scan that was interrupted.")] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", help="Where an interrupted scan is kept; .local/STACK/keys-CACHE.json when absent."),
    ] = None,
    from_rdb: Annotated[
        Path | None,
        typer.Option("--from-rdb", metavar="FILE", help="Read a snapshot (RDB) file; CACHE says whose key spaces."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the sizes of the key spaces, whose growth `datatier capacity` shows.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Show what a cache holds by key space: sizes, types, TTLs, and what is in none. Never a value.

    [bold]Examples:[/] datatier keys main    datatier keys main --sample 20000    datatier keys main --from-rdb dump.rdb
    """
    if keep and (from_rdb is not None or redis_url is not None):
        raise InputError("--keep: sizes are kept in the database of a stack, leave --from-rdb and --redis-url out.")
    if from_rdb is not None:
        if sample is not None or resume or primary or identity:
            raise InputError("--from-rdb: no server is asked, leave the options of a scan out.")
        _show(_of_file(from_rdb, cache), cache or from_rdb.name, json=json, complete=True)
        return
    if sample is not None and resume:
        raise InputError("--sample and --resume: an estimate always starts from the beginning, leave one of them out.")
    url = by_url(redis_url, stack, manifest, "--redis-url")
    target = url or find_manifest(stack, manifest)
    if isinstance(target, Manifest):
        if cache is None:
            raise InputError(f"which cache? One of {', '.join(target.caches)}.")
        if cache not in target.caches:
            raise InputError(f"no cache `{cache}`: {', '.join(target.caches)}.{nearest(cache, target.caches)}")
        state = state or project_root() / ".local" / target.stack / f"keys-{cache}.json"
    from observe.keys.entry import of_stack, of_url

    entry = (
        of_url(target, access_of(cache), cache)
        if isinstance(target, Secret)
        else of_stack(target, str(cache), identity)
    )
    survey, code = _survey(entry, cache or "", primary=primary, sample=sample, kept=state, resume=resume)
    _show(survey, cache or entry.nodes[0].name, json=json, complete=code != INTERRUPTED)
    if keep and not code and isinstance(target, Manifest):
        from capacity.sampling import keep_keys
        from observe.keys.report import report

        keep_keys(target, str(cache), report(survey.result()))
    if code:
        raise typer.Exit(code)


def _of_file(path: Path, cache: str | None) -> Survey:
    """What a snapshot holds, by the key spaces that access.yaml declares for `cache`. Raise InputError."""
    from observe.keys.allowed import Everything
    from observe.keys.rdb import RdbError, snapshot
    from observe.keys.spaces import Spaces, spaces_of
    from observe.keys.survey import Survey

    access = access_of(cache)
    survey = Survey(
        spaces=spaces_of(access, cache) if access and cache else Spaces({}, cache=cache or ""), allowed=Everything()
    )
    try:
        with snapshot(path) as file:
            survey.tally.add_all(file.records())
            survey.nodes.append(file.origin)
    except OSError as error:
        raise InputError(f"--from-rdb {path}: {error.strerror}.") from None
    except RdbError as error:
        raise InputError(f"--from-rdb {error}.") from None
    survey.complete[str(path), 0] = survey.tally.keys
    return survey


def access_of(cache: str | None) -> Access | None:
    """access.yaml, None where there is none. Raise InputError for a cache of which it has no key spaces."""
    access = _access()
    caches = sorted({space.cache for space in access.keyspaces.values()}) if access else []
    if cache is not None and cache not in caches:
        known = f" those of {', '.join(caches)} are.{nearest(cache, caches)}" if caches else " there is no access.yaml."
        raise InputError(f"no key space of `{cache}` is declared:{known}")
    return access


def _access() -> Access | None:
    from infra.settings.access_file import read_access

    root = own_root()
    return read_access(root) if root is not None and (root / ACCESS).is_file() else None


def _survey(
    entry: Entry, cache: str, *, primary: bool, sample: int | None, kept: Path | None, resume: bool
) -> tuple[Survey, int]:
    from observe.keys.places import shards
    from observe.keys.saved import load, save
    from observe.keys.survey import Survey

    if resume and kept is None:
        raise InputError("--resume: name the file that the scan was kept in with --state.")
    survey = (
        load(kept, entry.spaces, entry.allowed)
        if resume and kept
        else Survey(spaces=entry.spaces, allowed=entry.allowed)
    )
    give_way()
    with _stoppable() as stopped, _bar(cache) as progress:
        whole = survey.take(
            lambda: shards(entry.nodes, primary=primary), sample=sample, stopped=stopped, progress=progress
        )
    if whole:
        if resume and kept:
            kept.unlink(missing_ok=True)
        return survey, FAILED if survey.failures else 0
    if kept is not None and sample is None:
        save(survey, kept)
        note(f"interrupted after {survey.seen:,} keys; `--resume` goes on from {kept}.")
    return survey, INTERRUPTED


def give_way() -> None:
    """Let every other process of this computer go first."""
    if os.getpriority(os.PRIO_PROCESS, 0) < _NICENESS:
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Whether somebody has pressed Ctrl-C; the second time ends the program as ever."""
    asked = Event()

    def stop(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(cache: str) -> Iterator[Callable[[Progress], None]]:
    """A bar with an estimate, where somebody looks; on standard error, which is no part of the result."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    out = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(cache, total=None)

        def moved(at: Progress) -> None:
            bar.update(task, completed=at.seen, total=max(at.keys, at.seen), description=at.node)

        yield moved


def _show(survey: Survey, cache: str, *, json: bool, complete: bool) -> None:
    from cli.keys_view import as_json, show
    from observe.keys.report import report

    made = report(survey.result())
    if json:
        emit_json(as_json(made, survey, cache, complete=complete))
    else:
        show(console(), made, survey, cache, complete=complete)
