"""A replica and a cache that come into a stack which was adopted and deployed already."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import clinic_project
import described_cache
import pytest
import yaml
from described_cache import running as cache
from described_rds import replica, running
from in_process import Said, call
from tiers import tier

from adopt.estate import Estate
from graph.types import INVOCATION
from knowledge.ownership import TAG

FOLDER = Path("build/adopt/live")
REPORTS, JOBS = "data-tier:postgres.replicas.reports", "data-tier:redis.jobs"
NEW = {"jobs-group", "jobs-parameters", "postgres-reports-instance"}


def estate(*caches: str, replicas: tuple[str, ...], deployed: bool) -> Estate:
    """The base tier with these servers beside its primary, which is marked once the stack was deployed."""
    found = {name: running(replica(f"orders-{name}")) for name in replicas}
    around = {"subnet_groups": (described_cache.rds_subnets(), described_cache.subnet_group())}
    made = replace(tier(replicas=found, around=around), caches={name: cache(name) for name in caches})
    return replace(made, primary=replace(made.primary, tags={TAG: "clinic-live"} if deployed else {}))


def names(file: Path) -> list[str]:
    return [each["name"] for each in json.loads(file.read_text())["resources"]]


def run(folder: Path) -> dict[str, Any]:
    """The bootstrap's last run, as the state has it after the first `up`."""
    listed = call(folder, "preview", "live", "--json").json["resources"]
    [found] = [each for each in listed if each["type"] == INVOCATION]
    by_name, chain, above = {each["name"]: each for each in listed}, "", found["parent"]
    while above:
        chain, above = f"{by_name[above]['type']}${chain}", by_name[above]["parent"]
    parent = f"urn:pulumi:live::clinic::{chain.removesuffix('$')}::{found['parent']}"
    inputs = {**found["inputs"], "input": "as it was"}
    urn = f"urn:pulumi:live::clinic::{chain}{INVOCATION}::{found['name']}"
    return {"urn": urn, "parent": parent, "type": INVOCATION, "id": "1", "custom": True, "inputs": inputs}


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """A tier was adopted, and has a further replica and a further cache: the command by which they come in."""
    folder = clinic_project.copy(tmp_path)
    words = ("adopt", "live", "--instance", "orders", "--region", "eu-west-1")
    first = estate("main", replicas=("standby",), deployed=False)
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: first)
    assert call(folder, *words).code == 0
    state = json.loads((folder / FOLDER / "imported.json").read_text())
    state["deployment"]["resources"].append(run(folder))
    (folder / "exported.json").write_text(json.dumps(state))
    later = estate("main", "jobs", replicas=("standby", "reports"), deployed=True)
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: later)
    return lambda *more: call(folder, *words, *more)


def test_without_the_state_it_says_how(grown: Callable[..., Said]) -> None:
    said = grown("--json")
    [refused] = said.json["cannot_be_taken"]
    assert (said.code, refused["whole"]) == (1, True)
    assert "`pulumi stack export | datatier adopt ... --against -`" in refused["way"]


def test_they_are_shown_as_sections_and_then_imported_alone(grown: Callable[..., Said], tmp_path: Path) -> None:
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    first = grown("--against", "exported.json", "--json")
    assert (first.code, first.json["files"], first.json["next"]) == (3, [], []), first.all
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
    sections = {place: json.loads(text) for place, text in (line.split(": ", 1) for line in first.json["differences"])}
    assert set(sections) == {REPORTS, JOBS}

    file, folder = tmp_path / "Pulumi.live.yaml", tmp_path / FOLDER
    written = yaml.safe_load(file.read_text())
    written["config"]["data-tier:postgres"]["replicas"]["reports"] = sections[REPORTS]
    written["config"]["data-tier:redis"]["jobs"] = sections[JOBS]
    file.write_text(yaml.safe_dump(written))
    was = names(folder / "import.json")
    said = grown("--against", "exported.json", "--json")
    assert (said.code, said.json["differences"]) == (0, []), said.all
    assert said.json["next"][0].startswith(f"pulumi import --stack live --file {FOLDER / 'further.json'} ")
    imported = json.loads((folder / "further.json").read_text())["resources"]
    assert {each["logicalName"] for each in imported if "id" in each} == NEW
    assert {each["name"] for each in said.json["resources"] if each["id"]} == NEW
    assert set(said.json["verdicts"]) <= {"changed", "new"}
    [again] = [each for each in said.json["resources"] if each["type"] == INVOCATION]
    assert (again["verdict"], len(again["impacts"])) == ("changed", 1)
    # The way back goes by all that was adopted.
    whole = names(folder / "import.json")
    assert set(whole) == {*was, *names(folder / "further.json")}
    assert len(whole) == len(set(whole))


def test_a_record_of_the_first_adoption_that_is_broken_is_told(grown: Callable[..., Said], tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.live.yaml"
    written = yaml.safe_load(file.read_text())
    [section] = [line for line in grown("--against", "exported.json", "--json").json["differences"] if JOBS in line]
    written["config"]["data-tier:redis"]["jobs"] = json.loads(section.partition(": ")[2])
    file.write_text(yaml.safe_dump(written))
    (tmp_path / FOLDER / "import.json").write_text("{")
    said = grown("--against", "exported.json")
    assert (said.code, (tmp_path / FOLDER / "further.json").exists()) == (2, False), said.all
    assert said.err.startswith(f"error: {FOLDER / 'import.json'}, which says what was adopted, cannot be read (")


WRONG = [
    (("--against", "exported.json", "--replace"), "--against brings servers into a stack that stands"),
    (("--against", "missing.json"), "--against missing.json: No such file or directory."),
    (("--against", "other.json"), "--against is the state of prod, and not of live."),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_what_is_wrong_is_a_sentence(
    words: tuple[str, ...], sentence: str, grown: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (tmp_path / "exported.json").read_text()
    (tmp_path / "other.json").write_text(text.replace("urn:pulumi:live::", "urn:pulumi:prod::"))
    monkeypatch.chdir(tmp_path)
    said = grown(*words)
    assert (said.code, said.err.startswith(f"error: {sentence}")) == (2, True), said.all
