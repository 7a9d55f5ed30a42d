"""Stack files: which stack a file is of, what it may be called, and YAML that is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.load import load_settings
from infra.settings.access_file import read_declaration
from infra.settings.problems import SettingsError
from infra.settings.stackfile import read_stack, stack_of, stacks
from pipeline.changed import concern

HEAD = "config:\n  data-tier:profile: dev\n"


@pytest.mark.parametrize(
    ("file", "stack"),
    [
        ("Pulumi.yaml", None),
        ("Pulumi..yaml", None),
        ("Pulumi.prod.yaml", "prod"),
        ("Pulumi.eu.prod.yaml", "eu.prod"),
        ("Pulumi.eu-prod.yaml", "eu-prod"),
        ("Pulumi.prod.yml", None),
        ("other/Pulumi.prod.yaml", None),
        ("Pulumi.prod.yaml.bak", None),
    ],
)
def test_a_file_is_of_the_stack_that_its_whole_name_says(tmp_path: Path, file: str, stack: str | None) -> None:
    assert stack_of(file) == stack
    assert concern(file) == (stack or "all")
    if "/" not in file:
        (tmp_path / file).write_text(HEAD)
        assert stacks(tmp_path) == ([stack] if stack else [])


@pytest.mark.parametrize(
    ("stack", "name", "says"),
    [
        ("live", "shop", ""),
        ("eu-prod", "shop", ""),
        ("2", "a", ""),
        ("eu.prod", "clinic", "`eu-prod` can."),
        ("Live", "clinic", "`live` can."),
        ("my_stack", "clinic", "`my-stack` can."),
        ("prod-", "clinic", "`prod` can."),
        ("a--b", "clinic", "`a-b` can."),
        ("-", "clinic", "cannot be part of the names on AWS"),
        ("s" * 37, "shp", "longer than the 40 characters"),
        ("s" * 36, "shp", ""),
        ("s" * 21, "t" * 20, "longer than the 40 characters"),
    ],
)
def test_a_stack_is_called_as_its_things_on_aws_may_be(stack: str, name: str, says: str) -> None:
    def load() -> None:
        load_settings(
            {"data-tier:profile": "dev", "data-tier:name": name, "data-tier:redis": {}}, stack=stack, source="f"
        )

    if not says:
        load()
        return
    with pytest.raises(SettingsError, match=rf"stack: `{stack}`|stack: `{name}-{stack}`") as caught:
        load()
    assert says in str(caught.value)


BROKEN: list[tuple[str, str]] = [
    (f"{HEAD}  true: 1\n", "config.True: is not text: put the key in quotes"),
    (f"{HEAD}  data-tier:redis: {{on: {{}}}}\n", "config.data-tier:redis.True: is not text"),
    (f"{HEAD}  data-tier:redis: {{1: {{}}}}\n", "config.data-tier:redis.1: is not text"),
    (f"{HEAD}  ? [a]\n  : b\n", "not valid YAML"),
    (f"{HEAD}  data-tier:x: .nan\n", "config.data-tier:x: nan is neither"),
    (f"{HEAD}  data-tier:x: -.inf\n", "config.data-tier:x: -inf is neither"),
    (f"{HEAD}  data-tier:x: !!set {{a, b}}\n", "config.data-tier:x: {'a', 'b'} is neither"),
    (f"{HEAD}  data-tier:x: !!binary aGk=\n", "config.data-tier:x: b'hi' is neither"),
    (f"{HEAD}  data-tier:x: !!timestamp 2026-01-01\n", "config.data-tier:x: datetime.date(2026, 1, 1) is neither"),
    (f"{HEAD}  data-tier:x: !!timestamp soon\n", "not valid YAML"),
    (f"{HEAD}  data-tier:x: !!int ten\n", "not valid YAML: invalid literal"),
    (f"{HEAD}  data-tier:x: !!bool maybe\n", "not valid YAML"),
    (f"{HEAD}  data-tier:x: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
    (f"{HEAD}  data-tier:x: {'9' * 5000}\n", "not valid YAML: Exceeds the limit"),
    (f"{HEAD}  data-tier:x: &a [*a]\n", "holds too much"),
    (f"{HEAD}  data-tier:x: {'[' * 3000}{']' * 3000}\n", "config.data-tier:x: holds too much"),
    (f"{HEAD}  data-tier:x: {'[' * 60}{']' * 60}\n", "config.data-tier:x: holds too much"),
    ("a: &a [1,1,1,1,1,1,1,1]\n" + "".join(
        f"{c}: &{c} [{','.join(['*' + p] * 8)}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True)
    ) + HEAD, "holds too much"),
    (f"{HEAD}  data-tier:profile: prod\n", "the key `data-tier:profile` stands here a second time"),
    (f"{HEAD}  profile: prod\n", "data-tier:profile: stands here a second time, as `profile`"),
    ("\ufeffconfig: [", "not valid YAML"),
    ("config: \x07", "not valid YAML"),
    ("config:\n\tdata-tier:profile: dev\n", "not valid YAML"),
    ("--- {}\n--- {}\n", "not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_what_is_no_declaration_is_refused_where_it_stands(tmp_path: Path, text: str, says: str) -> None:
    """The stack's file and the access declaration, which are read by one function."""
    (tmp_path / "Pulumi.live.yaml").write_text(text)
    (tmp_path / "access.yaml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_stack(tmp_path, "live")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 500
    if "as `profile`" not in says:
        with pytest.raises(SettingsError) as caught:
            read_declaration(tmp_path)
        assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("", {}),
        ("config:\n", {}),
        ("encryptionsalt: v1:x\n", {}),
        (f"{HEAD}  aws:region: eu-west-3\n", {"data-tier:profile": "dev", "aws:region": "eu-west-3"}),
        ("config:\n  profile: dev\n", {"data-tier:profile": "dev"}),
        ("base: &b {retention: 7}\nconfig:\n  data-tier:logs: *b\n", {"data-tier:logs": {"retention": 7}}),
        ("b: &b {x: 1, y: 2}\nconfig:\n  data-tier:z: {<<: *b, y: 3}\n", {"data-tier:z": {"x": 1, "y": 3}}),
        ("config:\n  data-tier:x: 2026-01-01\n", {"data-tier:x": "2026-01-01"}),
    ],
)
def test_what_yaml_allows_is_read(tmp_path: Path, text: str, config: dict[str, Any]) -> None:
    (tmp_path / "Pulumi.live.yaml").write_text(text)
    assert read_stack(tmp_path, "live") == config


def test_servers_come_in_the_order_in_which_the_engine_hands_them_over(tmp_path: Path) -> None:
    """findings/pulumi-sorts-the-keys-of-a-mapping-in-the-configuration.sh"""
    (tmp_path / "Pulumi.live.yaml").write_text(
        "config:\n  data-tier:redis: {main: {version: '8.1', class: x}, jobs: {}}\n  data-tier:profile: dev\n"
    )
    found = read_stack(tmp_path, "live")
    assert json.dumps(found) == json.dumps(
        {"data-tier:redis": {"jobs": {}, "main": {"class": "x", "version": "8.1"}}, "data-tier:profile": "dev"}
    )


@pytest.mark.parametrize("profile", [["dev"], {"dev": 1}, None, 1, True, "", "DEV", "prd", ["a"] * 1000])
def test_a_profile_that_is_none_is_told_with_its_key(profile: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"data-tier:profile: .* is not one of dev, staging, prod, local\."
    ) as caught:
        load_settings({"data-tier:profile": profile}, stack="live", source="f")
    assert len(str(caught.value)) < 300
