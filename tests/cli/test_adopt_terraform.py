"""`datatier adopt --terraform`: the servers are the state's, and the last commands make it forget them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import clinic_project
import pytest
from in_process import Said, call
from tiers import tier

from adopt.estate import Estate


def resource(kind: str, key: str, **values: Any) -> dict[str, Any]:
    return {"address": f'{kind}.this["{key}"]', "mode": "managed", "type": kind, "values": values}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was to be read, of the account that is read."""
    seen: list[object] = []

    def read(*wanted: object) -> Estate:
        seen.extend(wanted)
        return tier()

    monkeypatch.setattr("cli.adopt.estate_of", read)
    return seen


def state(folder: Path, estate: Estate) -> Path:
    """A state of Terraform's with the servers of a tier, its groups, and a cache that is not read here."""
    instances = [
        resource(
            "aws_db_instance", each.identifier, id=each.described.get("DbiResourceId"), identifier=each.identifier,
            arn=each.described["DBInstanceArn"], engine="postgres",
            replicate_source_db=each.described.get("ReadReplicaSourceDBInstanceIdentifier"),
        )
        for each in (estate.primary, *estate.replicas.values())
    ]  # fmt: skip
    group = str(estate.primary.parameter_group.described["DBParameterGroupName"])
    around = [
        resource(
            "aws_elasticache_replication_group", "cache", id="orders-cache", replication_group_id="orders-cache",
            region=estate.region,
        ),
        resource("aws_db_parameter_group", group, id=group, name=group),
        resource("aws_security_group", "servers", id=_group(estate)),
        resource("aws_ecr_repository", "orders", id="orders"),
    ]  # fmt: skip
    path = folder / "state.json"
    root = {"resources": [*instances, *around]}
    path.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": root}}), encoding="utf-8")
    return path


def _group(estate: Estate) -> str:
    return str(estate.primary.described["VpcSecurityGroups"][0]["VpcSecurityGroupId"])


def adopt(folder: Path, *more: str) -> Said:
    return call(folder, "adopt", "live", *more)


def test_a_state_says_what_is_adopted_and_forgets_it(tmp_path: Path, asked: list[object]) -> None:
    folder, estate = clinic_project.copy(tmp_path), tier()
    said = adopt(folder, "--terraform", str(state(tmp_path, estate)), "--json")
    assert said.code == 0, said.all
    assert asked[:3] == ["orders", {"cache": "orders-cache"}, estate.region]
    forgotten = [shlex.split(each)[3] for each in said.json["next"] if each.startswith("terraform ")]
    assert forgotten == [
        *(f'aws_db_instance.this["{each.identifier}"]' for each in (estate.primary, *estate.replicas.values())),
        f'aws_db_parameter_group.this["{estate.primary.parameter_group.described["DBParameterGroupName"]}"]',
    ]
    assert said.json["terraform_keeps"] == ['aws_security_group.this["servers"]']
    assert said.json["next"][-1].startswith("terraform state rm ")


def test_it_is_printed_after_the_other_commands(tmp_path: Path, asked: list[object]) -> None:
    folder = clinic_project.copy(tmp_path)
    said = adopt(folder, "--terraform", str(state(tmp_path, tier())))
    assert said.code == 0, said.all
    assert said.out.index("pulumi up") < said.out.index("terraform state rm")
    assert "Terraform keeps what the stack refers to: aws_security_group" in said.out
    assert "Take the blocks of what it forgets out of its configuration" in said.out


def test_a_state_of_another_account(tmp_path: Path, asked: list[object]) -> None:
    folder = clinic_project.copy(tmp_path)
    path = state(tmp_path, tier())
    path.write_text(path.read_text().replace(tier().account, "210987654321"))
    said = adopt(folder, "--terraform", str(path))
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: --terraform: state.json is of the account 210987654321, and these credentials are of 123456789012: "
        "take those of the state's account.\n"
    )
    assert not (folder / "Pulumi.live.yaml").exists()


WRONG = [
    ([], "name the primary: --instance ID, or --terraform FILE with what `terraform show -json` prints."),
    (["--terraform", "missing.json"], "--terraform: missing.json cannot be read: No such file or directory."),
    (["--terraform", "."], "--terraform: . cannot be read: Is a directory."),
    (["--terraform", "Pulumi.yaml"], "--terraform: Pulumi.yaml is no JSON"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_what_is_wrong_is_a_sentence_and_nothing_is_read(
    words: list[str], sentence: str, tmp_path: Path, asked: list[object]
) -> None:
    said = adopt(clinic_project.copy(tmp_path), *words)
    assert (said.code, asked) == (2, [])
    assert said.err.startswith(f"error: {sentence}")
