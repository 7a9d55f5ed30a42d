"""Every alarm has its section in a runbook, every runbook its alarms, and what is generated is what the code makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import FOLDER, PAGES, sections

from knowledge.alarms.catalogue import POSTGRES, REDIS
from knowledge.alarms.facts import FACTS
from knowledge.alarms.maintenance import MAINTENANCE
from knowledge.alarms.runbooks import DOCS, pages, replaced, written
from knowledge.alarms.runbooks import RUNBOOKS as WRITTEN_TO

ALARMS = pages()
RUNBOOKS = [path for path in PAGES if path.name != "README.md"]
UNHEARD = ["accidental-deletion", "lost-region"]
"""Losses that no alarm reports: what was lost looks like what was meant, or whoever would ring is gone too."""
HEARD = [path for path in RUNBOOKS if path.stem not in UNHEARD]
LAST = ["It is over when", "So that it does not come back"]


def test_every_runbook_has_an_alarm_and_every_alarm_its_section() -> None:
    assert {path.name for path in HEARD} == {*ALARMS}
    found = sorted(key for page in ALARMS for key in sections(page))
    assert found == sorted([*POSTGRES, *REDIS, *FACTS, *MAINTENANCE])


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_what_is_generated_is_what_the_code_makes(path: Path) -> None:
    assert path.read_text("utf-8") == written()[path], "run `python -m knowledge.alarms.runbooks`"


def test_what_is_written_by_hand_stays() -> None:
    assert WRITTEN_TO == FOLDER
    page = "# Title\n\n<!-- alarms -->\nold\n<!-- /alarms -->\n\nBy hand.\n"
    assert replaced(page, "new", where="x.md") == page.replace("old", "new")
    with pytest.raises(ValueError, match=r"x\.md lacks"):
        replaced("# Title", "new", where="x.md")
    assert (DOCS / "alarms.md").is_file()


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_the_parts_of_a_page(path: object) -> None:
    assert isinstance(path, type(FOLDER))
    text = path.read_text("utf-8")
    parts = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert parts[:3] == ["Alarms", "First look", "Causes, likeliest first"] or path.stem in UNHEARD
    assert "First look" in parts
    assert parts[-2:] == LAST
    by_hand = text.partition("<!-- alarms -->")[0] + text.partition("<!-- /alarms -->")[2]
    assert 35 <= len(by_hand.splitlines()) <= 90


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
        headings = re.findall(r"^##+ (.*)$", (FOLDER / name).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, target
