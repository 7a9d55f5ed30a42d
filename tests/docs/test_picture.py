"""The picture of a run: what stands in a line stands in one text, blanks between coloured words included."""

from __future__ import annotations

import html
import importlib.util
import io
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs" / "picture.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def lines(svg: str) -> list[str]:
    """The text of each line of the terminal, as a reader without any layout would have it."""
    matrix = next(each for each in ET.fromstring(svg).iter(f"{SVG}g") if "matrix" in each.get("class", ""))
    return ["".join(each.itertext()).replace("\u00a0", " ") for each in matrix]


def test_every_blank_is_in_the_text(picture: ModuleType) -> None:
    console = Console(record=True, width=40, file=io.StringIO(), force_terminal=True)
    said = ["[green]·[/] shop-eu: created [dim]0.17 s[/]", "[red]a[/] [green]b[/]  [blue]c[/] <&>", "   indented"]
    for line in said:
        console.print(line)
    svg = picture.joined(console.export_svg(title="shop"))
    assert [line.rstrip() for line in lines(svg)] == ["· shop-eu: created 0.17 s", "a b  c <&>", "   indented"]
    assert "textLength" not in svg[svg.index("-matrix") :]


def test_the_committed_picture_has_its_blanks() -> None:
    text = lines((ROOT / "docs" / "up.svg").read_text(encoding="utf-8"))
    assert text[0] == html.unescape("$ make up")
    assert text[1].startswith("· stack local on this computer")
