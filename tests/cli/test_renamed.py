"""A database, its master or its server gets another name: what will happen is said, and nothing before consent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cli import renamed
from cli.errors import InputError
from graph.types import INSTANCE

FROM_NAME = "unless it is said, it follows `data-tier:name`. On AWS the instance would be replaced by an empty one"
PRIMARY = {"dbName": "ward", "username": "ward_admin"}


def state(**inputs: Any) -> Any:
    def entry(identifier: str, given: dict[str, Any]) -> dict[str, Any]:
        return {"type": INSTANCE, "inputs": given, "outputs": {"identifier": identifier}}

    replica = entry("clinic-local-standby", {"replicateSourceDb": "clinic-local-primary"})
    entries = [entry("clinic-local-primary", {**PRIMARY, **inputs}), replica]
    return SimpleNamespace(of_type=lambda token: [each for each in entries if each["type"] == token])


def source(identifier: str = "clinic-local-primary", database: str = "ward", master: str = "ward_admin") -> Any:
    primary = SimpleNamespace(identifier=identifier, database=database)
    settings = SimpleNamespace(postgres=SimpleNamespace(master=master))
    return SimpleNamespace(instances=SimpleNamespace(primary=primary), settings=settings)


@pytest.fixture(autouse=True)
def _holding(monkeypatch: pytest.MonkeyPatch) -> None:
    def content(_: Any, identifier: str, database: str) -> str | None:
        return f" [{identifier}/{database}]" if database in ("ward", "archive") else None

    monkeypatch.setattr(renamed, "_content", content)


@pytest.mark.parametrize(
    ("declared", "asked"),
    [
        ({}, []),
        (
            {"database": "shop"},
            [("A new, empty database `shop` is made beside `ward`, which stays [clinic-local-primary/ward]", "shop")],
        ),
        (
            {"database": "archive"},
            [
                (
                    "`archive` [clinic-local-primary/archive] takes the place of `ward`, which stays "
                    "[clinic-local-primary/ward], and which nothing of the stack looks at any more",
                    "archive",
                )
            ],
        ),
        ({"master": "shop_admin"}, [("A new master `shop_admin` is made beside `ward_admin`", "shop_admin")]),
        (
            {"database": "shop", "master": "shop_admin"},
            [
                ("A new, empty database `shop` is made beside `ward`", "shop"),
                ("A new master `shop_admin` is made beside `ward_admin`", "shop_admin"),
            ],
        ),
        (
            {"identifier": "shop-local-primary", "database": "shop", "master": "shop_admin"},
            [
                (
                    "The server `clinic-local-primary` is removed with its database `ward` [clinic-local-primary/ward],"
                    " and an empty `shop-local-primary` is made",
                    "shop-local-primary",
                )
            ],
        ),
    ],
    ids=["same", "database", "database that is there", "master", "both", "name"],
)
def test_each_name_that_is_another_is_asked_for(declared: dict[str, str], asked: list[tuple[str, str]]) -> None:
    found = list(renamed.questions(source(**declared), state()))
    assert [name for _, name in found] == [name for _, name in asked]
    for (question, _), (begins, _) in zip(found, asked, strict=True):
        assert question.startswith(begins)
        assert "On AWS the instance would be replaced by an empty one" in question


def test_where_nobody_can_be_asked_it_is_refused_with_the_way_to_keep_it() -> None:
    with pytest.raises(InputError) as caught:
        renamed.consent(source(database="shop"), state(), yes=False)
    said = str(caught.value)
    assert f"Keep it by `data-tier:postgres: {{database: ward}}`: {FROM_NAME}" in said
    assert said.endswith("Nobody can be asked here: say --yes.")
    renamed.consent(source(database="shop"), state(), yes=True)


def test_before_anything_was_made_nothing_is_asked() -> None:
    renamed.consent(source(database="shop"), SimpleNamespace(of_type=lambda _: []), yes=False)  # type: ignore[arg-type]
