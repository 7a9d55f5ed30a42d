"""What a client comes to by the rules of its preset, and without each of them: a table's line, and holding it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from real_client import IDENTITY, RealClients, Seen

from bootstrap.access import Access, access_string, load_access

NOPERM = "no permissions to run"
KEY = "No permissions to access a key"
CHANNEL = "No permissions to access a channel"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A client, and what its steps come to by its rules. An error is given by a part of it."""

    program: str
    client: str
    options: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """Step -> part of its error (`not done`: it never came to it); every other step is fine."""
    steps: tuple[str, ...]
    """All of them, in order."""
    denied: frozenset[str]
    without: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """A rule of its own, as it stands in the access string -> the steps that are wrong without it, with a part of the
    error. Empty where nothing but ACL LOG says it: the loss is silent."""
    when_slow: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """A rule -> the same on a slow computer, where a client's own clock has it use the rule a step earlier."""


def ends(steps: Sequence[str], at: str, part: str) -> dict[str, str]:
    """A step that fails, and those that the program does not come to then."""
    return {at: part} | dict.fromkeys(steps[steps.index(at) + 1 :], "not done")


def declared(name: str, options: Mapping[str, Any]) -> Access:
    """A declaration whose one identity uses the client in the cache `queue`."""
    rules = {"client": {name: dict(options)}}
    return load_access({"owner": "clinic_owner", "identities": {IDENTITY: {"redis": {"queue": rules}}}})


def rules_of(case: Case) -> str:
    """The access string of a case's user."""
    return access_string(declared(case.client, case.options).identities[IDENTITY].redis["queue"])


def own_rules(case: Case) -> frozenset[str]:
    """The rules that a client's preset adds to reading and writing keys of its first pattern."""
    rules = declared(case.client, case.options).identities[IDENTITY].redis["queue"]
    (used,) = rules.client
    needed = used.rights(rules.prefix)
    return frozenset(
        [
            # Without the first pattern nothing works, which is no news.
            *(f"~{each}" for each in needed.keys[1:]),
            *(f"&{each}" for each in needed.channels),
            *(f"+{each}" for each in needed.commands),
        ]
    )


def run(real: RealClients, case: Case, rules: str) -> Seen:
    """The case's steps as a user of these rules, on an empty server."""
    options = {key: value for key, value in case.options.items() if key != "prefix"}
    return real.work(case.program, case.client, rules, case.options.get("prefix", IDENTITY), options)


def check(real: RealClients, case: Case) -> None:
    """Hold the whole of it against the case: every step, every refusal in ACL LOG."""
    seen = run(real, case, rules_of(case))
    assert list(seen.steps) == list(case.steps)
    _errors(case, seen, case.refused)
    assert seen.denied == case.denied


def check_minimal(real: RealClients, case: Case) -> None:
    """Take each rule of the client's own away in turn: what the table says is wrong then, and nothing else."""
    assert set(case.without) == own_rules(case)
    whole = rules_of(case)
    for rule, wrong in case.without.items():
        # A command is denied in so many words: a category may hold it too.
        denied = f"-{rule[1:]}" if rule.startswith("+") else ""
        fewer = " ".join(filter(None, (denied if word == rule else word for word in whole.split(" "))))
        assert fewer != whole, rule
        seen = run(real, case, fewer)
        slow = case.when_slow.get(rule, wrong)
        as_slow = _wrong(case, seen).keys() == {**case.refused, **slow}.keys()
        _errors(case, seen, {**case.refused, **(slow if as_slow else wrong)})
        assert seen.denied != case.denied, rule


def _wrong(case: Case, seen: Seen) -> dict[str, str]:
    said = {name: seen.steps.get(name, "not done") for name in case.steps}
    return {name: each for name, each in said.items() if each != "ok"}


def _errors(case: Case, seen: Seen, expected: Mapping[str, str]) -> None:
    wrong = _wrong(case, seen)
    assert wrong.keys() == expected.keys(), wrong
    assert {name: each for name, each in wrong.items() if expected[name] not in each} == {}
