"""What somebody meant and nothing would have read is refused with what was probably meant, before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader

from bootstrap.access import load_access
from bootstrap.access.load import AccessError
from infra.load import load_stack
from infra.settings.problems import SettingsError
from knowledge.regions import REGIONS, region_problem

HEAD = "config:\n  data-tier:profile: dev\n  data-tier:name: shop\n"


def load(folder: Path, text: str) -> Any:
    (folder / "Pulumi.shop-eu.yaml").write_text(text)
    return load_stack(folder, "shop-eu")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEAD}  objectives: {{rpo: 5m}}\n", "config.objectives: has no namespace: write `data-tier:objectives`."),
        (f"{HEAD}  objectivs: {{rpo: 5m}}\n", "config.objectivs: has no namespace: write `data-tier:objectives`."),
        (f"{HEAD}  shop: 1\n", "config.shop: has no namespace: write `data-tier:shop`."),
        (f"{HEAD}objectives: {{rpo: 5m}}\n", "file: `objectives` is outside `config`, where it is not read"),
        (f"{HEAD}data-tier:redis: {{}}\n", "`data-tier:redis` is outside `config`"),
        (f"{HEAD}postgress: {{}}\n", "move it there, as `data-tier:postgres`."),
        ("confg:\n  data-tier:profile: dev\n", "unknown key `confg`. Did you mean `config`?"),
        (f"{HEAD}  datatier:protect: true\n", "`datatier` is not a namespace here. Did you mean `data-tier:protect`?"),
        (f"{HEAD}  data_tier:protct: true\n", "Did you mean `data-tier:protect`?"),
        (f"{HEAD}  aws:regoin: eu-west-1\n", "Did you mean `aws:region`?"),
        (f"{HEAD}  data-tier:protct: true\n", "data-tier:protct: unknown key. Did you mean `protect`?"),
        (f"{HEAD}  aws:region: eu-centrl-1\n", "aws:region: 'eu-centrl-1' is not a region of AWS. Did you mean `eu-c"),
        (f"{HEAD}  aws:region: eu-west-9\n", "'eu-west-9' is not a region of AWS. Did you mean `eu-west-"),
        (f"{HEAD}  aws:region: [eu-west-1]\n", "is not a region of AWS."),
        (
            f"{HEAD}  data-tier:backup: {{second_region: {{region: eu-north-7}}}}\n",
            "'eu-north-7' is not a region of AWS. Did you mean `eu-north-1`?",
        ),
    ],
)
def test_a_key_or_region_that_nobody_would_read_is_refused_with_the_nearest(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        f"base: &base true\n{HEAD}  data-tier:protect: *base\n",
        f"{HEAD}  aws:profile: shop\n  random:x: 1\n  kubernetes:context: y\n",
        f"{HEAD}encryptionsalt: v1:x\nsecretsprovider: awskms://x\nenvironment: [shop/eu]\n",
        f"{HEAD}  aws:region: mx-central-1\n",
    ],
)
def test_what_is_somebody_elses_stays(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).settings.name == "shop"


def test_regions_are_those_of_the_sdk_that_is_installed() -> None:
    partitions = Loader().load_data("partitions")["partitions"]
    there = {region for partition in partitions for region in partition["regions"] if "global" not in region}
    assert there == REGIONS, f"botocore {botocore.__version__}"
    assert region_problem("") == "'' is not a region of AWS."


def declared(**redis: Any) -> dict[str, Any]:
    return {"owner": "shop_owner", "identities": {"web": {"redis": {"main": redis}}}}


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"keys": ["a:*"], "commands": ["clientlist"]}, "`clientlist` is not a command; nearest: `client|list`"),
        ({"keys": ["a:*"], "commands": ["client|lst"]}, "`client|list`"),
        ({"keys": ["a:*"], "commands": ["gett"]}, "`gett` is not a command; nearest: `get`"),
        ({"keys": ["a:*"], "commands": ["@raed"]}, "`@raed` is not a command category; nearest: `@read`"),
        ({"keys": ["a:*"], "commands": ["@read"], "deny": ["expir"]}, "`expir` is not a command; nearest: `expire`"),
        ({"rules": "~a:* +@raed"}, "`+@raed` is not a command category; nearest: `+@read`"),
        ({"rules": "~a:* +gett"}, "`gett` is not a command"),
        (
            {"keys": ["a:*"], "commands": ["@read"], "selectors": [{"keys": ["b:*"], "commands": ["hgett"]}]},
            "`hgett` is not a command; nearest: `hget`",
        ),
    ],
)
def test_a_redis_command_that_no_server_has_is_refused_with_the_nearest(rules: dict[str, Any], says: str) -> None:
    with pytest.raises(AccessError) as caught:
        load_access(declared(**rules))
    assert says in str(caught.value)


@pytest.mark.parametrize(("privileges", "warned"), [("migrator", False), ("readwrite", True), ("readonly", True)])
def test_no_migrator_left_is_told(privileges: str, warned: bool) -> None:
    access = load_access({"owner": "shop_owner", "identities": {"web": {"postgres": privileges}}})
    assert [("`postgres: migrator`" in each) for each in access.unwise] == ([True] if warned else [])
