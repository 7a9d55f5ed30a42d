"""The places of `make mutation` are where they are said to be: they move with the program, and it runs rarely."""

import shlex
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))["place"]


def test_every_place_is_in_its_file_once() -> None:
    found = {
        (place["file"], place["before"]): (ROOT / place["file"]).read_text(encoding="utf-8").count(place["before"])
        for place in PLACES
    }
    assert {where: times for where, times in found.items() if times != 1} == {}


def test_every_place_is_made_otherwise() -> None:
    assert [place for place in PLACES if not place["after"] or place["before"] in place["after"]] == []
    assert sum(len(place["after"]) for place in PLACES) >= 30


def test_the_tests_of_every_place_are_there() -> None:
    named = {word for place in PLACES for word in shlex.split(place["tests"]) if word.startswith("tests/")}
    assert {word for word in named if not (ROOT / word).is_file()} == set()
