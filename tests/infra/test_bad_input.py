"""A thousand stack files that are wrong somewhere: each is refused with the key, or is a stack that can be made."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.errors import WRONG_INPUT, report
from infra.load import Declared, load_stack
from infra.settings.problems import SettingsError
from infra.settings.profiles import PROFILES, cache_defaults
from preview.findings.settings import findings

REMOTE = {"region": "eu-central-1", "vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"], "clients": ["10.0.0.0/8"]}
WHOLE: dict[str, Any] = {
    **deepcopy({key: value for key, value in PROFILES["prod"].items() if key != "redis"}),
    "profile": "prod",
    "name": "shop",
    "network": {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"], "clients": ["sg-0a"], "endpoints": ["sg-0b"]},
    "redis": {"main": {**cache_defaults(), "replicas": 1}},
    "notify": {"critical": [{"email": "a@b.ch"}], "warning": [{"slack": {"workspace": "T1", "channel": "C1"}}]},
    "suppress": [{"rule": "rds-logs", "resource": "x", "reason": "is only a test", "until": "2099-01-01"}],
    "rotation": {"every": "30d", "grace": "24h"},
    "proxy": {"identities": ["clinic_app"], "connections": 80},
    "bucket": {"name": "shop-exports", "roles": ["arn:aws:iam::123456789012:role/x"], "expire": {"exports/": 30}},
    "backup": {"weekly": {"at": "Sun 02:00"}, "lock": {"mode": "governance", "min": 1, "max": 90},
               "second_region": {"region": "eu-central-1"}, "restore_test": {"hours": 4}},
    "boundary": "arn:aws:iam::123456789012:policy/x",
}  # fmt: skip
WHOLE["postgres"] |= {"replicas": {"standby": {"class": "db.r7g.large"}, "dr": {"remote": REMOTE}}, "version": "17"}

# What people, editors and templates leave behind in place of a value.
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.sampled_from([0, -1, 1, 10**18, 2**63, 2**64, 10**400]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "null", "~", "yes", "0o17", "1_000", "1e3", "17.", "::/0", "0.0.0.0/0", "${VAR}", "{{ x }}", "\u0000",
         "a" * 300, "é", "\u202e", "💾", "24:00-25:00", "Sun 25:00", "sunday", "-5m", "99999999999d", "db.r7g.large "]
    ),
    st.lists(st.one_of(st.integers(), st.text(max_size=3), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.just({"secure": "v1:x"}),
    st.just([[[[[]]]]]),
)  # fmt: skip


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return ([here] if here else []) + [path for key, each in inside for path in paths(each, (*here, key))]


PATHS = paths(WHOLE)


@st.composite
def declarations(draw: st.DrawFn) -> dict[str, Any]:
    """The whole of a stack with one to three things wrong in it: a value, a key, or a key too many."""
    made = deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PATHS))
        holder: Any = made
        for part in path[:-1]:
            try:
                holder = holder[part]
            except (KeyError, IndexError, TypeError):
                break
        else:
            what = draw(st.sampled_from(["value", "value", "value", "key", "more", "gone"]))
            if not isinstance(holder, dict | list):
                continue
            if what == "value" and (isinstance(holder, dict) or path[-1] in range(len(holder))):
                holder[path[-1]] = draw(WRONG)
            elif isinstance(holder, dict) and what == "key":
                holder[draw(st.one_of(st.text(max_size=6), st.sampled_from(["Main", "a.b", "profile", "", "1"])))] = (
                    holder.pop(path[-1], None)
                )
            elif isinstance(holder, dict) and what == "more":
                holder[draw(st.text(max_size=6))] = draw(WRONG)
            elif isinstance(holder, dict):
                holder.pop(path[-1], None)
    return made


def judged(folder: Path, text: str | bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a stack that can be made, or wrong input that says where."""
    file = folder / "Pulumi.live.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    found: Declared | SettingsError
    try:
        found = load_stack(folder, "live")
    except SettingsError as error:
        found = error
    if isinstance(found, Declared):
        assert found.instances.alarms
        findings(found.settings, found.instances)
        return
    assert report(found) == WRONG_INPUT
    said = capsys.readouterr().err
    assert "a fault of datatier" not in said
    for problem in found.problems:
        assert problem.key.startswith(("data-tier:", "aws:", "config", "file", "line ", "stack")), problem
        assert problem.rule.strip()
        assert len(problem.rule) < 2000, problem


FAST = settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FAST
@given(declared=declarations())
def test_a_stack_file_is_refused_with_the_key_or_can_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], declared: dict[str, Any]
) -> None:
    config = {f"data-tier:{key}": value for key, value in declared.items()}
    try:
        text = yaml.dump({"config": config}, Dumper=yaml.CSafeDumper, allow_unicode=True)
    except (yaml.YAMLError, UnicodeEncodeError):
        return  # what YAML has no form for, no file holds
    judged(tmp_path, text, capsys)


TEXT = yaml.dump({"config": {f"data-tier:{key}": value for key, value in WHOLE.items()}}, Dumper=yaml.CSafeDumper)
SNIPPETS = [
    "\t", "{", "}", "[", "]", ":", "- ", "? ", "&a ", "*a", "<<: *a", "!!set ", "!!binary ", "!!int ", "!!str ",
    "---\n", "...\n", "%YAML 1.2\n", "#", "'", '"', "|\n", ">\n", "\x00", "\ufeff", "\x85", "0x", "010", "1:30:00", "=",
    "@", "`", "2026-11-29", "on: ", "No: ", "null: ", "config:\n", "data-tier:profile: prod\n",
]  # fmt: skip


@settings(FAST, max_examples=300)
@given(cuts=st.lists(st.tuples(st.integers(0, len(TEXT)), st.sampled_from(SNIPPETS)), min_size=1, max_size=3))
def test_a_text_that_is_hardly_yaml_is_refused_where_it_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cuts: list[tuple[int, str]]
) -> None:
    text = TEXT
    for at, snippet in cuts:
        text = text[:at] + snippet + text[at:]
    judged(tmp_path, text, capsys)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80abc", "config: é".encode("latin-1"), b"", b"\n\n# only\n"])
def test_bytes_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    judged(tmp_path, content, capsys)
