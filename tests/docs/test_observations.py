"""docs/observations.md is what the catalogue says, and every threshold is in it."""

from __future__ import annotations

from pathlib import Path

from knowledge.thresholds.every import engine, thresholds
from observe.catalogue import POSTGRES, REDIS, REDIS_LISTS
from observe.document import commands, document

DOCS = Path(__file__).parents[2] / "docs"
EVERY = [part for each in (*POSTGRES, *REDIS, *REDIS_LISTS.values()) for part in (each, *each.also)]


def test_the_page_is_current() -> None:
    page = (DOCS / "observations.md").read_text("utf-8")
    assert page == document(), "regenerate it: python -m observe.document > docs/observations.md"


def test_every_observation_has_a_command_and_a_name_that_no_other_has() -> None:
    assert {(each.engine, each.id) for each in EVERY} == {(each.engine, each.id) for each, _ in commands().values()}
    assert all(shown for _, shown in commands().values())
    assert len({(each.engine, each.id) for each in EVERY}) == len(dict.fromkeys(EVERY))


def test_every_threshold_is_in_the_table_of_its_engine() -> None:
    postgres, redis = document().split("## Redis and Valkey")
    for each in thresholds():
        page = redis if engine(each) == "redis" else postgres
        assert f"| `{each.id}` |" in page, each.id


def test_every_right_is_in_it_with_its_grant() -> None:
    page = document().replace("\\|", "|")
    for right in {right for each in EVERY for right in (*each.needs, *each.demands)}:
        grant = right.grant.replace("{login}", "LOGIN")
        assert f"| `{right.name}` | {grant if '`' in grant else f'`{grant}`'} |" in page
