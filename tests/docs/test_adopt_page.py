"""docs/adopt.md, word by word: its walk on an emulated AWS in which a tier was made by hand.

Of the blocks `sh-live`, which need more than an account, the master's password is stored here; what is inside a
database is read in tests/cli/test_adopted_inside.py, and rotations are made in tests/bootstrap/test_present_logins.py.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import clinic_project
import made_by_hand
import pytest
import yaml
from adopt_page import LINES, LIVE
from emulated_aws import as_aws, client_of, emulated_aws
from in_process import Said, call
from postgres_server import free_port

from adopt.steps import steps
from graph.saved import read

OURS = [line for line in LINES if "datatier" in line]
ADOPT = next(line for line in LINES if "--instance" in line)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[tuple[str, Said]]]]:
    """The folder, and what each command of ours said, in the order of the page; the account answers all the while."""
    folder = clinic_project.copy(tmp_path_factory.mktemp("project"))
    with emulated_aws(tmp_path_factory.mktemp("aws"), free_port()) as url, as_aws(url):
        made_by_hand.make(partial(client_of, url))
        (folder / "state.json").write_text(json.dumps(_state(url), indent=1), encoding="utf-8")
        yield folder, list(_walk(folder))


def _walk(folder: Path) -> Iterator[tuple[str, Said]]:
    for line in OURS:
        said = _run(folder, line)
        assert said.code == 0, f"{line}: {said.all}"  # the next ones read what it has written
        yield line, said


def _state(url: str) -> dict[str, object]:
    """What `terraform show -json` would print, had Terraform made the primary."""
    rds = client_of(url, "rds", made_by_hand.REGION)
    (made,) = rds.describe_db_instances(DBInstanceIdentifier=made_by_hand.PRIMARY)["DBInstances"]
    values = {
        "identifier": made["DBInstanceIdentifier"],
        "resource_id": made["DbiResourceId"],
        "id": made["DbiResourceId"],
        "engine": made["Engine"],
        "arn": made["DBInstanceArn"],
    }
    primary = {"address": "aws_db_instance.orders", "mode": "managed", "type": "aws_db_instance", "values": values}
    return {"format_version": "1.0", "values": {"root_module": {"resources": [primary]}}}


def _run(folder: Path, line: str) -> Said:
    words = shlex.split(line)
    start = words.index("datatier")
    if start and words[start - 1] == "|":  # the export of a stack whose import has just been made
        return call(folder, *words[start + 1 :], stdin=(folder / "build/adopt/live/imported.json").read_text())
    return call(folder, *words[start + 1 :])


def test_every_command_of_ours_ends_well(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    assert [(line, said.all) for line, said in walked[1] if said.err] == []


def test_the_other_commands_are_those_that_the_adoption_says(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    """tests/engine/test_adopt_walk.py runs them under the genuine engine."""
    said = next(said for line, said in walked[1] if line == ADOPT)
    commands = [command for command, _ in steps("live")]
    assert [line for line in LINES if line in commands] == commands
    assert [line for line in LINES if line not in OURS and line not in commands] == []
    assert all(command in said.out for command in commands)


def test_terraform_forgets_what_the_stack_has(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    said = next(said for line, said in walked[1] if "--terraform" in line)
    lines = [line.split("  ")[0] for line in said.out.splitlines() if line.startswith("terraform ")]
    assert lines == ["terraform state rm aws_db_instance.orders"]


def test_nothing_would_be_replaced_and_what_is_said_is_what_the_preview_says(
    walked: tuple[Path, list[tuple[str, Said]]],
) -> None:
    folder, _ = walked
    report = json.loads((folder / "build/adopt/live/report.json").read_text())
    assert set(report["verdicts"]) <= {"taken", "changed", "new"}
    found = call(folder, "preview", "live", "--against", "build/adopt/live/imported.json", "--json").json
    impacts = [impact for each in report["resources"] for impact in each["impacts"]]
    key = json.dumps
    assert sorted(found["impacts"], key=key) == sorted(impacts, key=key)
    assert (found["deleted"], found["replaced"], found["blocked"]) == (0, 0, False)
    assert {each["effect"] for each in impacts} == {"in place"}


def test_the_import_brings_every_server_and_the_state_is_of_it(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    folder, _ = walked
    imports = json.loads((folder / "build/adopt/live/import.json").read_text())["resources"]
    taken = {each["logicalName"] for each in imports if "id" in each}
    assert taken >= {"postgres-primary", "postgres-reports-instance", "postgres-dr-instance", "main-group"}
    saved = read((folder / "build/adopt/live/imported.json").read_text())
    assert {each.name for each in saved if each.id} == taken
    assert len([each for each in saved if not each.id]) == len([each for each in imports if each.get("component")])


def test_the_masters_password_is_stored_and_its_secret_imported(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    folder, _ = walked
    line = next(line for line in LIVE if "--store-master" in line)
    said = call(folder, *shlex.split(line)[1:], "--yes", stdin="only-its-owner-has-it\n")
    assert said.code == 0, said.all
    assert "only-its-owner-has-it" not in said.all
    after = call(folder, *shlex.split(ADOPT)[1:], "--replace", "--json").json
    secret = said.out.partition("stored: ")[2].split()[0]
    assert secret in {each["id"] for each in after["resources"]}


def test_a_further_cache_comes_in_by_its_section(walked: tuple[Path, list[tuple[str, Said]]]) -> None:
    folder, _ = walked
    export, command = (line for line in LIVE if "queue" in line or "further" in line)
    first = _run(folder, export)
    key, _, section = first.out.partition("not in the file data-tier:redis.")[2].split("\n")[0].partition(": ")
    assert (first.code, key, first.out.endswith("nothing is written\n")) == (3, "queue", True), first.all
    file = folder / "Pulumi.live.yaml"
    written = yaml.safe_load(file.read_text())
    written["config"]["data-tier:redis"][key] = yaml.safe_load(section)
    file.write_text(yaml.safe_dump(written))
    said = _run(folder, export)
    assert (said.code, command in said.out) == (0, True), said.all
    imports = json.loads((folder / "build/adopt/live/further.json").read_text())["resources"]
    assert {each["logicalName"] for each in imports if "id" in each} >= {"queue-group"}
    assert not {each["logicalName"] for each in imports} & {"postgres-primary", "main-group"}
