"""`datatier adopt --database-url --redis-url`: what is inside the engines, as the application of the project."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.application import ACCESS, DEFINITION, MIGRATIONS
from bootstrap.errors import AskedError

if TYPE_CHECKING:
    from adopt.estate import Estate
    from scaffold.live.application import LiveApplication
    from scaffold.live.cache import LiveCache


_MEMBERS_NEED_ADMIN = 16
"""From there on CREATEROLE alone grants no role, and no role has ADMIN on itself (PostgreSQL 16, release notes)."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What is inside the engines, beside what the project says."""

    live: LiveApplication
    files: Mapping[Path, str] = field(default_factory=dict)
    """To be written, below the project; none where the project has migrations of its own and those stand."""
    differences: tuple[str, ...] = ()
    """What the engines have otherwise than the project's application, where that stands."""


def inside(
    root: Path,
    name: str,
    estate: Estate,
    database_url: str | None,
    redis_urls: Sequence[str],
    *,
    replace: bool,
) -> Inside | None:
    """Read it; None where no URL was given. Nothing is written, there or here.

    An application with migrations or a declaration of its own stands unless `replace`, and is compared. Raise
    AskedError, UrlError or LoginError with the first thing that is wrong.
    """
    from cli.init_live import read_live
    from scaffold.files import files

    if database_url is None and not redis_urls:
        return None
    live = read_live(name, estate.region, database_url, redis_urls, known=_caches(estate))
    _refuse_master(str(live.application.access["owner"]), estate, name)
    made = {path: text for path, text in files(live.application).items() if _inside(path)}
    stands = not replace and any(_of_its_own(root))
    if not stands:
        return Inside(live=live, files=made)
    return Inside(live=live, differences=tuple(_differences(root, database_url)) if database_url else ())


def _refuse_master(owner: str, estate: Estate, name: str) -> None:
    """Raise AskedError where all belongs to the master: from PostgreSQL 16 on nobody can be made a member of it."""
    from adopt.instance_facts import major
    from knowledge import names

    primary = estate.primary.described
    if owner == primary.get("MasterUsername") and int(major(primary)) >= _MEMBERS_NEED_ADMIN:
        own = f"{names.plain(name)}_owner"
        raise AskedError(
            f"what is in the database belongs to {owner}, the master itself, and nobody else could migrate it: give it "
            f'an owner, as {owner}: CREATE ROLE "{own}" NOLOGIN; GRANT "{own}" TO "{owner}"; '
            f'REASSIGN OWNED BY "{owner}" TO "{own}"; which locks each table for a moment, and {owner} goes on as '
            "before. Then adopt again."
        )


def _caches(estate: Estate) -> list[LiveCache]:
    """The caches whose users AWS describes, which is more than a login sees: their ids, and what proves each."""
    from adopt.cache_facts import engine, version
    from adopt.users import users
    from scaffold.live.cache import LiveCache
    from scaffold.live.notes import Note

    found = []
    for name, cache in estate.caches.items():
        if cache.users:
            each = users(cache)
            notes = tuple(Note(place="access", text=f"{name}: {text}") for text in each.differences)
            found.append(LiveCache.of_users(name, engine(cache), version(cache), each, notes))
    return found


def _inside(path: Path) -> bool:
    return path in {Path(ACCESS), DEFINITION} or path.is_relative_to(MIGRATIONS)


def _of_its_own(root: Path) -> Iterator[Path]:
    """What an application says of itself that nothing may be written over."""
    yield from (root / MIGRATIONS).glob("*.sql")
    if (root / ACCESS).is_file():
        yield root / ACCESS


def _differences(root: Path, database_url: str) -> Iterator[str]:
    """What the database has and the declaration or the definition says otherwise; what would only be new is no news.

    The same plan as `access plan --database-url`, and the same comparison as `schema check --database-url`.
    """
    from bootstrap.drift import judge_schema
    from bootstrap.reconcile.by_url import plan_urls
    from bootstrap.secrets import open_database_url
    from cli.init_live import secret_of
    from infra.settings.access_file import read_access

    access = read_access(root)
    with open_database_url(secret_of(database_url, "--database-url")) as conn:
        plan = plan_urls(access, conn, None, "main")
        judged = judge_schema(conn, root / MIGRATIONS, access.upkeep)
    yield from (f"access.yaml: {each.text}" for each in plan.changes if each.takes_away)
    yield from (f"access.yaml: {text}" for text in plan.differences)
    yield from (f"schema: {each}" for each in judged.counted)


@contextmanager
def beside(root: Path, files: Mapping[Path, str]) -> Iterator[Path]:
    """The project's folder with `files` in it, without writing them there: what the program reads of it, copied."""
    if not files:
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="datatier-adopt-") as folder:
        for path in (*root.glob("Pulumi*.yaml"), *([root / DEFINITION] if (root / DEFINITION).is_file() else [])):
            target = Path(folder) / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for path, text in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        yield Path(folder)
