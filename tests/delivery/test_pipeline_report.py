"""Records, the comment, the issue, the way on: pure functions over what commands said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bootstrap.deadline import stopped
from pipeline.comment import LONGEST, MARKER, comment, report
from pipeline.issue import Drift, Known, Step, decide, drift, marker
from pipeline.next_steps import HINTS, NextStep, markdown, next_steps
from pipeline.record import Record, RecordError, plain, read, write
from pipeline.text import cell, fenced

ENGINES: dict[str, Any] = {"stack": "prod", "found": [], "checks": [], "failed": []}


def record(name: str = "1-x", *, output: str = "", code: int = 0, **more: Any) -> Record:
    return Record(name=name, title=more.pop("title", name), command=("do", "it"), code=code, output=output, **more)


def test_records_are_kept_in_order(tmp_path: Path) -> None:
    kept = [record("2-b", output="é\n", expected=(0, 3), code=3), record("1-a", markdown=True), record("10-c")]
    for each in kept:
        write(tmp_path / each.name, each)
    assert read(tmp_path) == tuple(sorted(kept, key=lambda each: each.name + ".json"))
    assert [each.ok for each in read(tmp_path)] == [True, True, True]
    (tmp_path / "x.json").write_text('{"name": "x"}')
    with pytest.raises(RecordError, match=r"x\.json is no record"):
        read(tmp_path)
    for name in ("", "../x", "a/b", ".hidden"):
        with pytest.raises(RecordError, match="is no name for a record"):
            write(tmp_path, record(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\x1b[31;1mred\x1b[0m", "red"), ("a\r\nb\rc", "a\nb\nc"), ("\x1b[?25lx\x1b[2K", "x"), ("[1m]", "[1m]")],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_text_stays_where_it_is_put() -> None:
    assert cell("a | b\n<b> \\ @team") == "a \\| b &lt;b> \\\\ @\u200bteam"
    assert fenced("x ```` y\n") == ["`````text", "x ```` y", "`````"]


def test_the_comment() -> None:
    records = [record("1", title="Lint", output="fine\n"), record("2", title="Pre", output="### dev\n", markdown=True)]
    lint = "<details><summary>Lint: ok</summary>\n\n```text\nfine\n```\n\n</details>\n"
    assert comment(records) == f"{MARKER}\n**All checks of the data tier passed.**\n\n{lint}\n### dev\n"
    assert comment([], "https://run") == f"{MARKER}\n**Nothing of the data tier changes.**\n\n\n[the run](https://run)"
    bad = [record("1", title="Pre", output="### dev", markdown=True, code=1), record("2", title="Up", code=5)]
    assert report(bad, 10_000).splitlines()[:6] == [
        "**Not as it should be: Pre, Up.**",
        "",
        "**Pre: exit 1**",
        "",
        "### dev",
        "",
    ]
    assert "(it said nothing)" in report(bad, 10_000)


@pytest.mark.parametrize("count", [1, 3, 40, 400])
@pytest.mark.parametrize("as_markdown", [True, False])
def test_the_comment_is_never_too_long(count: int, as_markdown: bool) -> None:
    text = "".join(f"line {number} of a long log\n" for number in range(9000)) + "the end of it\n"
    body = comment([record(str(n), output=text, markdown=as_markdown) for n in range(count)], "https://run")
    assert LONGEST // 4 < len(body) <= LONGEST
    assert "cut here" in body
    # What became of a command stands at its end; a page of Markdown begins with it.
    assert ("the end of it" in body) is not as_markdown
    assert body.count("<details>") - body.count("</details>") in (0, 1)
    assert body.startswith(MARKER)


def engines(**more: Any) -> Record:
    return record("engines", output=json.dumps(ENGINES | more), code=3 if more else 0)


def infrastructure(code: int = 0, output: str = "") -> Record:
    return record("infrastructure", code=code, output=output)


COLUMN = {"where": "schema", "what": "column a|b: extra", "mend": "DROP <x>"}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([infrastructure(), engines()], []),
        ([infrastructure(7, "~ db"), engines()], ["### Infrastructure\n", "~ db", "pulumi up --refresh --stack prod"]),
        # Before the exit codes.
        ([infrastructure(255, "error: no changes were expected but changes occurred"), engines()], ["AWS holds"]),
        ([infrastructure(255, "error: no token"), engines()], ["Infrastructure: could not be looked at", "no token"]),
        ([engines()], ["Infrastructure: could not be looked at\n\nthe check was not made"]),
        ([infrastructure(), engines(found=[COLUMN])], ["| schema | column a\\|b: extra | DROP &lt;x> |", "runner-run"]),
        ([infrastructure(), engines(failed=["tmi_app: x"])], ["- **failed** tmi_app: x"]),
        ([infrastructure(), record("engines", code=1, output="error: busy")], ["access: could not be", "error: busy"]),
        ([infrastructure(), record("engines", output="[]")], ["access: could not be looked at"]),
        ([infrastructure()], ["Schema and access: could not be looked at"]),
    ],
)
def test_what_drifted(records: list[Record], said: list[str]) -> None:
    found = drift("prod", records)
    text = "\n".join(found.sections)
    assert found.clean is (said == [])
    assert [each for each in said if each not in text] == []


NOW = Drift(stack="prod", sections=("### A\n",))
BODY = f"{marker('prod')}\n\n### A\n"


@pytest.mark.parametrize(
    ("now", "known", "expected"),
    [
        (Drift(stack="prod", sections=()), None, Step(do="nothing")),
        (NOW, None, Step(do="open", title="Drift in prod", body=BODY)),
        (NOW, Known(number=4, body=BODY.replace("\n", "\r\n")), Step(do="nothing", number=4)),
        (NOW, Known(number=4, body=f"{BODY}more"), Step(do="update", number=4, body=BODY)),
        (Drift(stack="prod", sections=()), Known(number=4, body=BODY), Step(
            do="close", number=4, body="No drift any more: [the run](https://run) found none.")),
    ],
)  # fmt: skip
def test_what_becomes_of_the_issue(now: Drift, known: Known | None, expected: Step) -> None:
    assert decide(now, known, "https://run") == expected


def test_stacks_have_issues_of_their_own() -> None:
    assert not marker("prod").startswith(marker("pro"))
    assert not marker("prod-2").startswith(marker("prod"))


# What the commands really say, from their own code or from pulumi/pulumi, and which hint is meant.
SAYS = {
    "error: build/runner.zip is missing: build the bootstrap's runner with `make bundle`.": 0,
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end": 1,
    "error: [409] Conflict: Another update is currently in progress.": 1,
    "warning: Attempting to deploy or update resources with 1 pending operations from previous deployment.": 2,
    'error: unable to replace resource "urn:..." as it is currently marked for protection.': 3,
    "Policy Violations:\n    [mandatory]  data-tier  rds-encrypted": 4,
    "error: no stack named 'prod' found": 5,
    "error: operation error STS: ExpiredToken: The security token included in the request is expired": 6,
    str(stopped(["000001_a"], ["000002_b"])): 7,
    "migration 12 is dirty; see `datatier migrate status`": 8,
    "2 of 310 checks failed:\ntmi_app on primary: insert into 2 tables: allowed expected, refused": 9,
    "prod: 1 differences, 310 checks, 0 failed": 9,
}


@pytest.mark.parametrize("output", SAYS)
def test_a_failure_has_its_way_on(output: str) -> None:
    hint = HINTS[SAYS[output]]
    (step,) = next_steps("prod", [record(title="Up", output=output, code=255), record("2-fine")])
    assert step == NextStep(title="Up", means=hint.means, do=tuple(c.replace("{stack}", "prod") for c in hint.do))
    assert all("{" not in command for command in step.do)


def test_every_hint_is_tried() -> None:
    assert sorted(set(SAYS.values())) == list(range(len(HINTS)))


def test_a_failure_that_nobody_knows() -> None:
    (step,) = next_steps("prod", [record(title="Up", output="a\nlast words\n\n", code=9)])
    assert step == NextStep(title="Up", means="it ended with 9: last words", do=("do it",))
    page = markdown("prod", [step], "42")
    assert page.startswith("### prod: how to go on\n\n**Up**: it ended with 9: last words.\n\n```sh\ndo it\n```\n")
    assert "gh run rerun 42 --failed" in page
    assert "see the log of the step" in markdown("prod", [])
