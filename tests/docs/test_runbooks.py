"""Every alarm has its runbook, every runbook its alarms, and the numbers in it are those of the code."""

from __future__ import annotations

import re

import pytest
from alarm_table import tables
from pages import FOLDER, PAGES, alarm_table

TABLES = tables()
WITHOUT_ALARM = {"dirty-migration.md"}
RUNBOOKS = [path for path in PAGES if path.name != "README.md"]
LAST = ["It is over when", "So that it does not come back"]


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    assert {path.name for path in RUNBOOKS} == {*TABLES, *WITHOUT_ALARM}


@pytest.mark.parametrize("page", TABLES)
def test_the_alarm_table_is_that_of_the_code(page: str) -> None:
    assert alarm_table(page) == TABLES[page], (
        f"put this between the markers of docs/runbooks/{page}:\n\n{TABLES[page]}\n"
    )


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_the_parts_of_a_page(path: object) -> None:
    assert isinstance(path, type(FOLDER))
    text = path.read_text("utf-8")
    parts = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert parts[:3] == ["Alarms", "First look", "Causes, likeliest first"]
    assert parts[-2:] == LAST
    assert 40 <= len(text.splitlines()) <= 90


def test_the_index_names_every_page_once() -> None:
    linked = re.findall(r"^\| \[(.+?)\]\((.+?)\.md\)", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert linked == [(name, name) for name, _ in linked]
    assert sorted(name for name, _ in linked) == sorted(path.stem for path in RUNBOOKS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: object) -> None:
    assert isinstance(path, type(FOLDER))
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        assert (FOLDER / name).is_file(), target
        headings = re.findall(r"^## (.*)$", (FOLDER / name).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, target
