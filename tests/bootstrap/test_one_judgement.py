"""The same differences from the definition through every view of a server, which agree on what counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from real_servers import Postgres
from tier import Tier

from bootstrap import schema
from bootstrap.access import load_access
from bootstrap.application import DEFINITION
from bootstrap.drift import look
from bootstrap.migrate import Source
from bootstrap.rehearse import rehearse
from bootstrap.restored.look import look as look_into
from bootstrap.restored.verdict import judge
from bootstrap.secrets import open_postgres

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Shop:
    """A bootstrapped stack, what its schema is, and where its definition lies."""

    tier: Tier
    schema: schema.Schema
    definition: Path

    def define(self, **more: object) -> None:
        made = {**self.schema, **more}
        self.definition.write_text(schema.dump(made))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shop(postgres18: Postgres, make_tier: Callable[..., Tier]) -> Iterator[Shop]:
    tier = make_tier(postgres18)
    tier.run()
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        live = schema.read(conn)
    path = tier.migrations.parent / DEFINITION
    path.parent.mkdir(exist_ok=True)
    yield Shop(tier, schema.definition_of(live), path)
    path.unlink()


def by_bootstrap(shop: Shop) -> tuple[bool, list[str]]:
    report = shop.tier.run()
    told = [each.removeprefix("schema: ") for each in report.differences if each.startswith("schema: ")]
    return report.ok, [each for each in told if not each.startswith("left aside")]


def by_drift(shop: Shop) -> tuple[bool, list[str]]:
    found = look(shop.tier.manifest, store=shop.tier.store, migrations=shop.tier.migrations)
    told = [each.what for each in found.found if each.where == "schema"]
    return not told, told


def by_rehearsal(shop: Shop) -> tuple[bool, list[str]]:
    tier = shop.tier
    with tier.postgres.superuser() as admin:
        admin.execute(f"CREATE DATABASE {tier.name}_rehearsed OWNER {tier.name}_master".encode())
    target = tier.manifest.postgres.model_copy(update={"database": f"{tier.name}_rehearsed"})
    master = tier.credential("master")
    assert master.username
    try:
        with open_postgres(target, target.primary, master.username, master.password) as conn:
            made = rehearse(conn, Source.load(tier.migrations), since=0, definition=shop.definition)
    finally:
        with tier.postgres.superuser() as admin:
            admin.execute(f"DROP DATABASE {tier.name}_rehearsed".encode())
    return made.ok, [each.what for each in made.troubles]


def by_restore_test(shop: Shop) -> tuple[bool, list[str]]:
    tier = shop.tier
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        verdict = judge(look_into(conn, load_access(tier.manifest.access), tier.migrations))
    (check,) = (each for each in verdict.checks if each.name == "schema and rows")
    told = check.detail.partition("left aside")[0].removesuffix("; ")
    return check.ok, [] if told == "as defined" else told.split("; ")


VIEWS = (by_bootstrap, by_drift, by_rehearsal, by_restore_test)
NAMES = [view.__name__ for view in VIEWS]
# Neither is installed here: one is shipped by no server, the other by this one, whose master may not make it.
LACKING: dict[str, schema.definition.Extension] = {"of_another_cloud": {}, "vector": {}}
NEEDING = {
    "public.places": {"needs": {"table": ["extension of_another_cloud"]}, "columns": {"id": {"type": "bigint"}}},
    "public.pages": {"needs": {"table": ["extension vector"]}, "columns": {"id": {"type": "bigint"}}},
}


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_an_extension_that_cannot_be_had_is_held_against_nobody(
    shop: Shop, view: Callable[[Shop], tuple[bool, list[str]]]
) -> None:
    extensions = {**shop.schema.get("extensions", {}), **LACKING}
    shop.define(extensions=extensions, tables={**shop.schema["tables"], **NEEDING})
    assert view(shop) == (True, [])


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_what_is_missing_for_no_such_reason_is_told_by_all(
    shop: Shop, view: Callable[[Shop], tuple[bool, list[str]]]
) -> None:
    tables = {**shop.schema["tables"], "public.carts": {"columns": {"id": {"type": "bigint"}}}}
    shop.define(extensions={**shop.schema.get("extensions", {}), **LACKING}, tables=tables)
    fine, told = view(shop)
    assert (fine, [each.partition("; mend: ")[0] for each in told]) == (False, ["table carts: missing"])


@pytest.mark.parametrize("view", [by_bootstrap, by_drift, by_restore_test], ids=NAMES[:2] + NAMES[3:])
def test_beside_a_database_of_another_migration_nothing_else_is_said(
    shop: Shop, view: Callable[[Shop], tuple[bool, list[str]]]
) -> None:
    shop.define(version=7, tables={"public.carts": {"columns": {"id": {"type": "bigint"}}}})
    _, told = view(shop)
    assert told == ["migration schema_migrations: the definition is that of migration 7, the database is at 1"]


def test_what_is_left_aside_is_one_sentence_that_says_why(shop: Shop) -> None:
    shop.define(
        extensions={**shop.schema.get("extensions", {}), **LACKING}, tables={**shop.schema["tables"], **NEEDING}
    )
    tier = shop.tier
    sentence = (
        "left aside: extension of_another_cloud, extension vector, table places, table pages; extensions are the "
        "server's: a bootstrap makes those that it can and names those that are missing"
    )
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        copy = look_into(conn, load_access(tier.manifest.access), tier.migrations)
    checks = {each.name: each for each in judge(copy).checks}
    assert checks["schema and rows"].detail == f"as defined; {sentence}"
