"""Records, the comment, the issue, the way on: pure functions over what commands said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bootstrap.deadline import stopped
from pipeline.comment import LONGEST, MARKER, comment, report
from pipeline.issue import DriftReport, IssueStep, Known, decide, drift, marker
from pipeline.next_steps import HINTS, NextStep, markdown, next_steps
from pipeline.record import Record, RecordError, document, plain, read, write
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
    with pytest.raises(RecordError, match=r"x\.json is not a record"):
        read(tmp_path)
    for name in ("", "../x", "a/b", ".hidden"):
        with pytest.raises(RecordError, match="is not a name for a record"):
            write(tmp_path, record(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\x1b[31;1mred\x1b[0m", "red"), ("a\r\nb\rc", "a\nb\nc"), ("\x1b[?25lx\x1b[2K", "x"), ("[1m]", "[1m]")],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


NOTE = "note access.yaml here says something else than the manifest of `prod`, whose declaration is used: [x] {y}\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{\n  "a": {"b": [1]}\n}\n', {"a": {"b": [1]}}),
        (NOTE + '{"a": 1}\n', {"a": 1}),
        (NOTE + NOTE + '{\n"a": 1\n}\n' + NOTE, {"a": 1}),
        ('{y} is no object\n{"a": 1}\n', {"a": 1}),
        ('\x1b[33mnote\x1b[0m x\r\n{"a": 1}\r\n', {"a": 1}),
        (NOTE, None),
        ('[{"a": 1}]', None),
        ("", None),
        ('{"a": 1', None),
    ],
)
def test_the_json_of_a_command_that_notes_something_beside_it(output: str, expected: Any) -> None:
    if expected is not None:
        assert document(output) == expected
        return
    with pytest.raises(ValueError, match="it printed no object"):
        document(output)


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
        ([infrastructure(), record("engines", output=NOTE + json.dumps(ENGINES))], []),
        ([infrastructure(), engines(failed=["clinic_app: x"])], ["- **failed** clinic_app: x"]),
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


def waiting(*found: dict[str, Any], where: str = "eu-west-1") -> Record:
    listed = [{"check": "pending", "where": where, "waits": each} for each in found]
    return record(
        "waiting", output=json.dumps({"prod": [{"check": "not looked at", "where": "", "waits": None}, *listed]})
    )


def pending(name: str, kind: str, undeclared: tuple[str, ...] = (), **inputs: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "window": "sun:04:00-sun:05:00", "inputs": inputs, "undeclared": undeclared}


INSTANCE, CACHE = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"


def block(kind: str, name: str, *edits: str, op: str = "update", sign: str = "~") -> str:
    """As `pulumi refresh --diff` shows a resource (3.260, 3.272)."""
    lines = [
        f"        {sign} {kind}: ({op})",
        "            [id=db-4C1A337347CD9A844F4E8942C0]",
        f"            [urn=urn:pulumi:prod::data-tier::data-tier:index:Postgres${kind}::{name}]",
        "            [provider=urn:pulumi:prod::data-tier::pulumi:providers:aws::default_7_51_1::22650110-0e5c]",
        *(f"          {edit}" for edit in edits),
    ]
    return "\n".join(lines)


def refreshed(*blocks: str, total: str = "") -> Record:
    count = total or f"    ~ {len(blocks)} to update\n    {len(blocks)} changes. 165 unchanged"
    stack = "  pulumi:pulumi:Stack: (same)\n    [urn=urn:pulumi:prod::data-tier::pulumi:pulumi:Stack::data-tier-prod]"
    end = "error: no changes were expected for refresh but changes were proposed\n"
    return infrastructure(7, "\n".join(["Previewing refresh (prod):", stack, *blocks, "Resources:", count, end]))


CLASS = '~ instanceClass: "db.r7g.xlarge" => "db.r7g.large"'
PRIMARY = block(INSTANCE, "postgres-primary", CLASS)
WAITS = pending("postgres-primary", INSTANCE, instanceClass="db.r7g.xlarge")
BOTH = block(INSTANCE, "postgres-primary", '~ instanceClass: "db.r7g.xlarge" => "db.r7g.large"',
             "~ multiAz      : true => false")  # fmt: skip
TAGS = block("aws:ec2/vpc:Vpc", "network-vpc", "~ tags: {", '      + x: "y"', "  }")
GONE = block(INSTANCE, "postgres-primary", '- instanceClass: "db.r7g.xlarge"', op="delete", sign="-")

# What the refresh says, what waits, the headings of the issue.
NIGHTS: list[tuple[str, Record, Record, list[str]]] = [
    ("all of it waits", refreshed(PRIMARY), waiting(WAITS), []),
    ("a number, a truth, and a replica in another region",
     refreshed(BOTH, block(INSTANCE, "dr-instance", "~ allocatedStorage: 200 => 100")),
     waiting(pending("postgres-primary", INSTANCE, instanceClass="db.r7g.xlarge", multiAz=True),
             pending("dr-instance", INSTANCE, allocatedStorage=200)), []),
    ("a version that is declared by its beginning",
     refreshed(block(INSTANCE, "postgres-primary", '~ engineVersion: "18" => "17.6"')),
     waiting(pending("postgres-primary", INSTANCE, engineVersion="18.1")), []),
    ("a cache", refreshed(block(CACHE, "queue-group", '~ nodeType: "cache.r7g.large" => "cache.t4g.small"')),
     waiting(pending("queue-group", CACHE, nodeType="cache.r7g.large")), []),
    ("nothing waits", refreshed(PRIMARY), waiting(), ["### Infrastructure"]),
    ("nobody could ask", refreshed(PRIMARY), record("waiting", code=1, output="error: no credentials"),
     ["### Infrastructure"]),
    ("another value waits", refreshed(PRIMARY), waiting(WAITS | {"inputs": {"instanceClass": "db.r7g.2xlarge"}}),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("one of two inputs waits", refreshed(BOTH), waiting(WAITS),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("another resource differs too", refreshed(PRIMARY, TAGS), waiting(WAITS),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("another resource's waits", refreshed(PRIMARY), waiting(WAITS | {"name": "other"}),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("a cache of the same name waits", refreshed(PRIMARY), waiting(WAITS | {"type": CACHE}),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("the instance is gone", refreshed(GONE, total="    - 1 to delete\n    1 change. 165 unchanged"), waiting(WAITS),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("an input was taken away", refreshed(block(INSTANCE, "postgres-primary", '- instanceClass: "db.r7g.xlarge"')),
     waiting(WAITS), ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("more has changed than is shown",
     refreshed(PRIMARY, total="    ~ 2 to update\n    2 changes. 165 unchanged"), waiting(WAITS),
     ["### Infrastructure", "### No drift: waits for its maintenance window"]),
    ("nobody declared what waits", infrastructure(),
     waiting(WAITS | {"undeclared": ["instanceClass"]}), ["### Infrastructure: changes wait that nobody declared"]),
    ("it waits, and nothing differs", infrastructure(), waiting(WAITS), []),
]  # fmt: skip


@pytest.mark.parametrize(("refresh", "asked", "headings"), [each[1:] for each in NIGHTS], ids=[n[0] for n in NIGHTS])
def test_what_waits_for_its_window_opens_no_issue(refresh: Record, asked: Record, headings: list[str]) -> None:
    found = drift("prod", [refresh, engines(), asked])
    body = decide(found, None).body
    assert [line for line in body.splitlines() if line.startswith("###")] == headings
    assert found.clean is (headings == [])
    told = "| postgres-primary: instanceClass db.r7g.xlarge | sun:04:00-sun:05:00 | eu-west-1 |" in found.waiting
    assert told or asked != waiting(WAITS)


def test_an_issue_is_closed_when_only_what_waits_is_left() -> None:
    found = drift("prod", [refreshed(PRIMARY), engines(), waiting(WAITS)])
    assert decide(found, Known(number=4, body="x")).do == "close"
    # And what the engines say is said all the same.
    other = drift("prod", [refreshed(PRIMARY), engines(found=[COLUMN]), waiting(WAITS)])
    assert decide(other, None).do == "open"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "[]",
        "{}",
        '{"other": []}',
        '{"prod": 1}',
        '{"prod": [{}]}',
        '{"prod": [{"where": "", "waits": {"x": 1}}]}',
        '{"prod": [{"where": "", "waits": [1]}]}',
    ],
)
def test_an_answer_of_another_form_excuses_nothing(answer: str | None) -> None:
    asked = [] if answer is None else [record("waiting", output=answer)]
    assert not drift("prod", [refreshed(PRIMARY), engines(), *asked]).clean


NOW = DriftReport(stack="prod", sections=("### A\n",))
BODY = f"{marker('prod')}\n\n### A\n"


@pytest.mark.parametrize(
    ("now", "known", "expected"),
    [
        (DriftReport(stack="prod", sections=()), None, IssueStep(do="nothing")),
        (NOW, None, IssueStep(do="open", title="Drift in prod", body=BODY)),
        (NOW, Known(number=4, body=BODY.replace("\n", "\r\n")), IssueStep(do="nothing", number=4)),
        (NOW, Known(number=4, body=f"{BODY}more"), IssueStep(do="update", number=4, body=BODY)),
        (DriftReport(stack="prod", sections=()), Known(number=4, body=BODY), IssueStep(
            do="close", number=4, body="No drift any more: [the run](https://run) found none.")),
    ],
)  # fmt: skip
def test_what_becomes_of_the_issue(now: DriftReport, known: Known | None, expected: IssueStep) -> None:
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
