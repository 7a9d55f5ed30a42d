"""`datatier init`: the checkout becomes another application's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.errors import AskedError
from cli.init_live import read_live, show_notes
from cli.options import JsonFlag
from cli.output import console, counted, emit_json, escape, note, table
from cli.project import project_root
from infra.trigger import PACKAGE

if TYPE_CHECKING:
    from scaffold.checkout import Checkout
    from scaffold.live.application import LiveApplication
    from scaffold.plan import Change

_FEW = 3
NEXT = (
    ("make up", "the whole tier on this computer"),
    ("datatier migrate create NAME", "a migration: write it, then `datatier migrate up` and `datatier schema dump`"),
    ("make test", "the gate, with the application's own tests"),
    ("git add -A", "and commit what is the application's now"),
)
"""Command -> what for."""


def init(
    name: Annotated[str, typer.Argument(help="What the application is called: every name begins with it.")],
    region: Annotated[str, typer.Option("--region", help="Where its stacks are deployed.")] = "eu-west-1",
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the application here did not come with the checkout.")
    ] = False,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url", metavar="URL", help="Live PostgreSQL that it is; rather an environment variable's name."
        ),
    ] = None,
    redis_url: Annotated[
        list[str] | None,
        typer.Option("--redis-url", metavar="[CACHE=]URL", help="Live cache of it, `main` without a name; several."),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Make the checkout another application's: stack files, access.yaml, migrations, schema, tests, names in pages.

    With URLs it is what is live there: a baseline migration, identities, users, key spaces. Nothing there is changed.

    The application that was here is moved to examples/ whole, with its tests and its data on this computer; nothing is
    deleted. For the application that is here already: only names in pages, as after an update of the product.

    [bold]Examples:[/] datatier init shop    datatier init shop --database-url DATABASE_URL --redis-url jobs=JOBS_URL
    """
    from knowledge.regions import region_problem
    from scaffold import apply

    root = project_root()
    if root != PACKAGE:
        raise AskedError(f"{root} is not the checkout, whose application `init` replaces: run it in {PACKAGE}.")
    if problem := region_problem(region):
        raise AskedError(f"--region: {problem}")
    with apply.alone(root):
        _become(root, name, region, replace, database_url, redis_url or (), json)


def _become(
    root: Path,
    name: str,
    region: str,
    replace: bool,
    database_url: str | None,
    redis_urls: Sequence[str],
    json: bool,
) -> None:
    from scaffold import apply, checkout, named, plan
    from scaffold.starter import starter

    interrupted = apply.pending(root)
    if interrupted not in (None, name):
        raise AskedError(f"`datatier init {interrupted}` was interrupted here: run it again before another one.")
    if interrupted:
        apply.finish(root)
        _tell(
            {"application": name, "resumed": True},
            [f"{name} is the application here: what was interrupted is done"],
            json,
        )
        return
    found = checkout.read(root)
    urls = database_url is not None or bool(redis_urls)
    if found.application == named.checked(name) and not replace and not urls:
        _pages(found, json)
        return
    change = plan.change(found, starter(name, region), replace=replace)  # refuses before any server is asked
    _refuse_unsaved(found)
    live = read_live(name, region, database_url, redis_urls) if urls else None
    if live:
        change = plan.change(found, live.application, replace=replace)
    apply.prepare(root, change)
    apply.finish(root)
    _report(found, change, live, json)


def _pages(found: Checkout, json: bool) -> None:
    """The names in pages alone: the application is here already."""
    from cli.files import write_whole
    from scaffold.plan import pages

    name, made = found.application, pages(found, found.application)
    for path, content in made.items():
        write_whole(found.root / path, content.decode())
    told = f"{counted(len(made), 'page')} changed" if made else "nothing to do"
    said = f"{name} is the application here already: {told}"
    _tell({"application": name, "pages": _texts(made)}, [said], json)


def _refuse_unsaved(found: Checkout) -> None:
    """Raise AskedError where moving the application would lose sight of something, or pull it from under a server."""
    from cli.git import uncommitted
    from local.orphans import orphans
    from scaffold.plan import LOCAL

    if orphans(found.root / LOCAL):
        raise AskedError(f"a tier of {found.application} is up here: `datatier down` first; its data are kept.")
    unsaved = uncommitted(found.root, found.files)
    if unsaved is None:
        note("Git does not know this folder, so nothing says what was changed in it.")
    elif unsaved:
        more = f" and {len(unsaved) - _FEW} more" if len(unsaved) > _FEW else ""
        raise AskedError(
            f"{found.application} has changes that are not committed: {', '.join(unsaved[:_FEW])}{more}. Commit them, "
            "or take them back."
        )


def _report(found: Checkout, change: Change, live: LiveApplication | None, json: bool) -> None:
    own = [path for path in change.writes if path not in change.pages]
    data = {
        "application": change.application,
        "was": found.application,
        "kept": change.kept.as_posix(),
        "data": list(change.data),
        "files": _texts(own),
        "pages": _texts(change.pages),
        "notes": [each.text for each in live.notes] if live else [],
        "next": [command for command, _ in NEXT],
    }
    with_data = ", with its data on this computer" if change.data else ""
    _tell(
        data,
        [
            f"{change.application} is the application here: {counted(len(own), 'file')} of its own, and "
            f"{counted(len(change.pages), 'page')} with its name",
            f"{found.application} is in {change.kept}{with_data}: `cd {change.kept} && datatier up` brings it up",
        ],
        json,
    )
    if not json:
        if live:
            show_notes(live)
        console().print(table("Next", ("", ""), [(escape(command), escape(why)) for command, why in NEXT]))
        console().print("docs/make-it-yours.md goes on from here")


def _tell(data: dict[str, Any], sentences: list[str], json: bool) -> None:
    if json:
        emit_json(data)
        return
    for sentence in sentences:
        console().print(escape(sentence))


def _texts(paths: Any) -> list[str]:
    return sorted(Path(path).as_posix() for path in paths)
