"""Every job of the pipeline, run on this computer by its own commands: without credentials, GitHub or AWS.

In place of what cannot be here stand a `pulumi` that refuses what the genuine one does not know, a GitHub and a Lambda
on loopback, and a shelf for artifacts. `CONCERNED` says what stands for the commands that would run this very suite, or
install servers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import clinic_project
import pytest
from fake_github import FakeGitHub
from forked import Forked, forking
from workflow_files import ROOT, STEPS
from workflow_run import Runner

pytestmark = pytest.mark.server
HERE = Path(__file__).parent
DROP = "ALTER TABLE letters DROP COLUMN note;\n"
ADD = "ALTER TABLE letters ADD COLUMN note text;\n"

# Command of a step -> what proves it, where running it here would run the tests within a test or change the computer:
# the recipe that `make -n` shows, and the tests that are or that run it.
CONCERNED: dict[str, tuple[list[str], str]] = {
    "make test": (["ruff format --check .", "ruff check .", "zizmor --offline", "mypy", "pytest -n 2"], "tests"),
    "make engine": (["pytest"], "tests/engine"),
    "make interop": (
        ["DATATIER_NO_SKIPS=golang-migrate", "test_migrate_interop.py"],
        "tests/bootstrap/migrate/test_migrate_interop.py",
    ),
    "make clients-go": (["DATATIER_NO_SKIPS=make.clients-go", "test_real_go.py"], "tests/clients/test_real_go.py"),
    "make tools": (["DATATIER_NO_SKIPS=make.tools", "tests/migration_tools"], "tests/migration_tools"),
    "make tls": (["DATATIER_NO_SKIPS=.", "tests/tls"], "tests/tls"),
    "sudo make servers": ([".ci/servers"], ".ci/servers"),
    "make bundle": (["-m bootstrap.bundle build/runner.zip"], "tests/bootstrap/test_bundle.py"),
}
# What its commands do to a stack is tested on a tier.
ON_A_TIER = {"drills.yml": "tests/cli/test_drill_on_a_tier.py"}
SIMULATED = {
    ("preview.yml", "changed"),
    ("preview.yml", "migrations"),
    ("preview.yml", "preflight"),
    ("preview.yml", "preview"),
    ("preview.yml", "comment"),
    ("deploy.yml", "bundle"),
    ("deploy.yml", "dev"),
    ("deploy.yml", "staging"),
    ("deploy.yml", "prod"),
    ("drift.yml", "look"),
    ("drift.yml", "report"),
}
INSTEAD = {"make bundle": "mkdir -p build && printf zip > build/runner.zip"}
MANIFEST = {"stack": "prod", "region": "eu-west-1"}
# What `datatier` is here: it hands the command, with its own streams, to the process that forks.
ASKS = """#!{python} -SE
import os, socket, sys
sys.path.insert(0, "{tests}")
from forked import ask
with socket.socket(socket.AF_UNIX) as way:
    way.connect("{address}")
    sys.exit(ask(way, sys.argv[1:], os.getcwd(), os.environ, (0, 1, 2)))
"""
CLEAN = {"stack": "prod", "found": [], "checks": [], "failed": [], "ok": True}
FOUND = CLEAN | {"ok": False, "found": [{"where": "schema", "what": "column users.x: extra", "mend": "ALTER TABLE u"}]}


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def environment(place: Path, commands: Forked) -> None:
    """The environment of this suite, whose `datatier` asks the process that forks for each command."""
    (place / "bin").mkdir(parents=True)
    for path in (*(ROOT / ".venv").iterdir(), *(ROOT / ".venv" / "bin").iterdir()):
        link = place / path.relative_to(ROOT / ".venv")
        if path.name not in ("bin", "datatier"):
            link.symlink_to(path)
    program = place / "bin" / "datatier"
    program.write_text(ASKS.format(python=sys.executable, tests=str(HERE.parent), address=commands.address))
    program.chmod(0o755)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project as a pull request has it: dev grows, and a migration is added, beside the base commit."""
    folder = tmp_path_factory.mktemp("project")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    clinic_project.replace(folder)
    # The targets that install find everything done.
    for path in (*(folder / "requirements").iterdir(), folder / "pyproject.toml"):
        os.utime(path, (0, 0))
    (folder / "policy" / "venv").symlink_to(ROOT / "policy" / "venv")
    with (folder / ".gitignore").open("a") as ignored:
        ignored.write(".venv\npolicy/venv\nreports\ndeployed.json\noutputs.json\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "base")
    git(folder, "checkout", "-qb", "change")
    with (folder / "Pulumi.dev.yaml").open("a") as stack:
        stack.write("  data-tier:postgres: {class: db.m7g.large}\n")
    (folder / "migrations" / "000020_add_note.up.sql").write_text(ADD)
    (folder / "migrations" / "000020_add_note.down.sql").write_text(DROP)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")
    with forking(code=str(folder)) as commands:
        environment(folder / ".venv", commands)
        yield folder


class Lambda:
    """The runner's answer, over the API that boto3 speaks."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = CLEAN
        self.asked: list[tuple[str, Any]] = []
        self.url = ""


@pytest.fixture
def runner() -> Iterator[Lambda]:
    held = Lambda()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            content = json.dumps(held.answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name in http.server
            pass

    with served(Handler) as held.url:
        yield held


class Account:
    """STS, RDS and ElastiCache over their query protocol: one instance is there, with what waits of it."""

    def __init__(self) -> None:
        self.waits = ""
        self.asked: list[str] = []
        self.url = ""

    def answer(self, body: str) -> tuple[int, str]:
        given = {key: values[0] for key, values in parse_qs(body).items()}
        self.asked.append(given["Action"])
        if given["Action"] == "GetCallerIdentity":
            who = "<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/drift/look</Arn>"
            result = f"<GetCallerIdentityResult>{who}</GetCallerIdentityResult>"
            return 200, f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
        if given.get("DBInstanceIdentifier") != "clinic-prod":
            return 404, "<ErrorResponse><Error><Code>NotFoundFault</Code><Message>no</Message></Error></ErrorResponse>"
        instance = "<DBInstanceIdentifier>clinic-prod</DBInstanceIdentifier>"
        instance += f"<PendingModifiedValues>{self.waits}</PendingModifiedValues>"
        found = f"<DBInstances><DBInstance>{instance}</DBInstance></DBInstances>"
        result = f"<DescribeDBInstancesResult>{found}</DescribeDBInstancesResult>"
        return 200, f"<DescribeDBInstancesResponse>{result}</DescribeDBInstancesResponse>"


@pytest.fixture
def account() -> Iterator[Account]:
    held = Account()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            code, text = held.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name in http.server
            pass

    with served(Handler) as held.url:
        yield held


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of a server on loopback."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Pipeline(Runner):
    """A runner with the stand-ins, and what they are to say."""

    def say(self, command: str, text: str, code: int = 0) -> None:
        (self.place / f"{command}.out").write_text(text)
        (self.place / f"{command}.code").write_text(str(code))

    @property
    def place(self) -> Path:
        return Path(self.environment["PULUMI_STAND_IN"])

    @property
    def asked(self) -> list[str]:
        """The commands of pulumi, in their order."""
        path = self.place / "asked"
        return [json.loads(line)[0] for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.fixture
def pipeline(project: Path, tmp_path: Path, github: FakeGitHub, runner: Lambda, account: Account) -> Pipeline:
    shelf, place = tmp_path / "shelf", tmp_path / "pulumi"
    shelf.mkdir()
    place.mkdir()
    genuine = os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
    made = Pipeline(
        folder=project,
        shelf=shelf,
        path=f"{HERE / 'stand_ins'}{os.pathsep}{ROOT / '.venv' / 'bin'}{os.pathsep}{genuine}",
        context={
            "github.event.pull_request.base.sha": git(project, "rev-parse", "main"),
            "github.event.pull_request.number": "7",
            "github.token": github.environment["GITHUB_TOKEN"],
            "vars.AWS_REGION": "eu-west-1",
            **{
                f"vars[format('{name}_{{0}}', matrix.stack)] || vars.{name}": value
                for name, value in (
                    ("AWS_PREVIEW_ROLE", "arn:aws:iam::123456789012:role/delivery/clinic-preview"),
                    ("AWS_DRIFT_ROLE", "arn:aws:iam::123456789012:role/delivery/clinic-drift"),
                    ("PULUMI_BACKEND_URL", "s3://state"),
                )
            },
            "vars.AWS_DEPLOY_ROLE": "arn:aws:iam::123456789012:role/delivery/clinic-dev-deploy",
            "vars.PULUMI_BACKEND_URL": "s3://state",
        },
        environment={
            "PULUMI_STAND_IN": str(place),
            # The project's own code, not that which the environment is an editable install of.
            "PYTHONPATH": str(project),
            "AWS_ENDPOINT_URL_STS": account.url,
            "AWS_ENDPOINT_URL_RDS": account.url,
            "AWS_ENDPOINT_URL_ELASTICACHE": account.url,
            "GITHUB_REPOSITORY": "owner/name",
            "GITHUB_API_URL": github.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "42",
        },
        instead=INSTEAD,
    )
    outputs = {
        "manifest": json.dumps(MANIFEST | {"aws_endpoint": runner.url}),
        "runner": "arn:aws:lambda:eu-west-1:123456789012:function:clinic-prod-bootstrap:check",
    }
    made.say("stack-output", json.dumps(outputs))
    return made


def names(file: str, job: str) -> list[str]:
    return [step.name for step in STEPS if (step.file, step.job) == (file, job) and step.run]


def test_every_command_is_run_or_stands_for_tests() -> None:
    """Whatever is added to a workflow has to be run here as well."""
    here = [step for step in STEPS if step.run and step.file not in ON_A_TIER]
    left = [step for step in here if (step.file, step.job) not in SIMULATED]
    assert {str(step.run).strip() for step in left} <= set(CONCERNED)
    assert {step.file for step in left} == {"ci.yml"}
    assert {str(step.run).strip() for step in STEPS if step.run} >= set(CONCERNED)
    assert set(INSTEAD) <= set(CONCERNED)
    assert all((ROOT / test).is_file() for test in ON_A_TIER.values())


@pytest.mark.parametrize("command", CONCERNED)
def test_what_a_target_runs(command: str) -> None:
    expected, where = CONCERNED[command]
    if where == "tests/engine" and not (ROOT / where).is_dir():
        pytest.skip("the suite of the engine is not part of this tree yet; its target comes with it")
    target = command.removeprefix("sudo make ").removeprefix("make ")
    # Without the environment of a `make` that runs this test.
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(["make", "-n", target], cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    assert [words for words in expected if words not in shown.stdout] == []
    assert (ROOT / where).exists()


def test_a_pull_request(pipeline: Pipeline, github: FakeGitHub) -> None:
    """What it concerns, what it does, and one comment however often it runs."""
    asked = {"PATH": pipeline.path, "HOME": os.environ["HOME"]}
    dry = subprocess.run(["make", "-n", "deployer", "install", ".venv/dev", "policy"], cwd=pipeline.folder, env=asked,
                         capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "pip" not in dry, "the targets would install anew, into the environment that this suite runs in"

    changed = pipeline.job("preview.yml", "changed")
    assert (changed.ran, changed.outputs) == (names("preview.yml", "changed"), {"stacks": '["dev", "prod", "staging"]'})

    # The migration is not in the committed definition: found, and the other steps run all the same.
    migrations = pipeline.job("preview.yml", "migrations")
    assert (migrations.ran, migrations.failed) == (names("preview.yml", "migrations"), ["Rehearse up, down, up"])
    assert "Migrations: the committed definition is another" in migrations.summary
    assert "| added | column `letters.note` | text |" in migrations.summary

    # A fork's pull request comes as far as this.
    preflight = pipeline.job("preview.yml", "preflight", matrix_stack="dev")
    assert (preflight.ran, preflight.failed) == (names("preview.yml", "preflight"), []), preflight.printed
    assert "### dev:" in preflight.summary
    assert "instanceClass: db.t4g.medium → db.m7g.large" in preflight.summary
    assert github.asked == []
    assert pipeline.asked == []

    pipeline.say("stack-export", json.dumps({"version": 3, "deployment": {"resources": []}}))
    preview = pipeline.job("preview.yml", "preview", matrix_stack="dev")
    assert (preview.ran, preview.failed) == (names("preview.yml", "preview"), [])
    assert pipeline.asked == ["stack export"], "what would open the state's secrets is for who deploys, and drift"

    for _ in range(2):
        comment = pipeline.job("preview.yml", "comment")
        assert (comment.ran, comment.failed) == (names("preview.yml", "comment"), [])
    (written,) = github.comments[7]
    body = written["body"]
    assert body.startswith(
        "<!-- datatier: what this pull request does -->\n**Not as it should be: Migration rehearsal.**"
    )
    order = ["Migration lint: ok", "### Migrations:", "### dev:", "new resources only"]
    places = [body.index(text) for text in order]
    assert places == sorted(places)
    assert body.endswith("[the run](https://github.example/owner/name/actions/runs/42)")


def test_a_deployment_that_goes_through(pipeline: Pipeline, runner: Lambda) -> None:
    bundle = pipeline.job("deploy.yml", "bundle")
    assert (bundle.ran, bundle.failed) == (names("deploy.yml", "bundle"), [])
    digest = bundle.outputs["sha256"]
    usual = [name for name in names("deploy.yml", "dev") if name != "How to go on"]
    for stage in ("dev", "staging", "prod"):
        done = pipeline.job("deploy.yml", stage, needs_bundle_outputs_sha256=digest)
        assert (done.ran, done.failed) == (usual, []), done.printed
    assert pipeline.asked == ["up", "stack output"] * 3
    path, event = runner.asked[-1]
    assert "function%3Aclinic-prod-bootstrap%3Acheck/invocations" in path
    assert (event["action"], event["prove"], event["manifest"]["stack"]) == ("check", True, "prod")


def test_another_bundle_than_the_one_that_was_built_is_not_deployed(pipeline: Pipeline) -> None:
    digest = pipeline.job("deploy.yml", "bundle").outputs["sha256"]
    (kept,) = pipeline.shelf.rglob("runner.zip")
    kept.write_bytes(b"another")
    done = pipeline.job("deploy.yml", "dev", needs_bundle_outputs_sha256=digest)
    assert done.failed[0] == "Is it the bundle that was built"
    assert pipeline.asked == []


@pytest.mark.parametrize(
    ("said", "code", "answer", "stops", "goes_on"),
    [
        ("error: the stack is currently locked by 1 lock(s).", 255, CLEAN, "Deploy", "pulumi cancel --stack staging"),
        ("no such hint", 255, CLEAN, "Deploy", "pulumi up --stack staging --yes --policy-pack policy"),
        (
            "",
            0,
            CLEAN | {"failed": ["clinic_app on primary: x: refused expected, allowed"]},
            "Verify",
            "drift --outputs -",
        ),
    ],
)
def test_a_deployment_that_fails_says_how_to_go_on(
    pipeline: Pipeline, runner: Lambda, said: str, code: int, answer: dict[str, Any], stops: str, goes_on: str
) -> None:
    digest = pipeline.job("deploy.yml", "bundle").outputs["sha256"]
    pipeline.say("up", said, code)
    runner.answer = answer
    done = pipeline.job("deploy.yml", "staging", needs_bundle_outputs_sha256=digest)
    assert done.failed == [stops]
    assert done.ran[-2:] == [stops, "How to go on"]
    assert goes_on in done.summary
    assert "gh run rerun 42 --failed" in done.summary


def test_drift_is_one_issue(pipeline: Pipeline, github: FakeGitHub, runner: Lambda) -> None:
    def night(*, found: dict[str, Any], said: str = "", code: int = 0) -> list[str]:
        pipeline.say("refresh", said, code)
        runner.answer = found
        look = pipeline.job("drift.yml", "look", matrix_stack="prod")
        assert (look.ran, look.failed) == (names("drift.yml", "look"), []), look.printed
        report = pipeline.job("drift.yml", "report", matrix_stack="prod")
        assert report.ran == names("drift.yml", "report")
        return report.failed

    assert night(found=CLEAN) == []
    assert github.issues == []
    assert night(found=FOUND) == ["Issue"], "a job that found something is red"
    (issue,) = github.issues
    assert (issue["title"], issue["state"]) == ("Drift in prod", "open")
    assert "| schema | column users.x: extra | ALTER TABLE u |" in issue["body"]
    assert night(found=FOUND, said="~ aws:rds:Instance", code=7) == ["Issue"]
    assert "~ aws:rds:Instance" in issue["body"]
    assert night(found=CLEAN, said="error: no credentials", code=255) == ["Issue"]
    assert "Infrastructure: could not be looked at" in issue["body"]
    assert night(found=CLEAN) == []
    assert (len(github.issues), issue["state"]) == (1, "closed")
    assert "No drift any more" in github.comments[1][0]["body"]
    (_, event) = runner.asked[-1]
    assert (event["action"], event["prove"]) == ("check", False)


REFRESHED = """Previewing refresh (prod):
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:prod::data-tier::pulumi:pulumi:Stack::data-tier-prod]
        ~ aws:rds/instance:Instance: (update)
            [id=db-4C1A337347CD9A844F4E8942C0]
            [urn=urn:pulumi:prod::data-tier::data-tier:index:Postgres$aws:rds/instance:Instance::postgres-primary]
          ~ instanceClass: "db.r7g.large" => "db.t4g.large"
Resources:
    ~ 1 to update
    1 changes. 165 unchanged
error: no changes were expected for refresh but changes were proposed
"""


def test_a_change_that_waits_for_its_window_is_no_drift(
    pipeline: Pipeline, github: FakeGitHub, account: Account
) -> None:
    pipeline.say("refresh", REFRESHED, 7)
    account.waits = "<DBInstanceClass>db.r7g.large</DBInstanceClass>"
    look = pipeline.job("drift.yml", "look", matrix_stack="prod")
    assert look.failed == [], look.printed
    report = pipeline.job("drift.yml", "report", matrix_stack="prod")
    assert (report.failed, github.issues) == ([], []), report.printed
    assert "| postgres-primary: instanceClass db.r7g.large | not known | eu-west-1 |" in report.printed
    assert set(account.asked) == {"GetCallerIdentity", "DescribeDBInstances", "DescribeReplicationGroups"}
    # The window came, and the class did not: then somebody has to look.
    account.waits = ""
    pipeline.job("drift.yml", "look", matrix_stack="prod")
    assert pipeline.job("drift.yml", "report", matrix_stack="prod").failed == ["Issue"]
    assert "db.t4g.large" in github.issues[0]["body"]


def test_a_night_that_could_not_look_is_no_clean_one(pipeline: Pipeline, github: FakeGitHub) -> None:
    report = pipeline.job("drift.yml", "report", matrix_stack="dev")
    assert report.failed == ["Issue"]
    assert github.issues[0]["body"].count("the check was not made") == 2


def test_the_stand_in_refuses_what_pulumi_does_not_know(pipeline: Pipeline) -> None:
    for words in (["refresh", "--expect-no-change"], ["teleport"], ["up", "--stack", "dev"]):
        done = subprocess.run([HERE / "stand_ins" / "pulumi", *words], env={**os.environ, **pipeline.environment},
                              capture_output=True, check=False)  # fmt: skip
        assert done.returncode == 2, words


@pytest.mark.skipif(not shutil.which("pulumi"), reason="the genuine `pulumi` is not on PATH")
def test_the_genuine_engine_knows_every_flag() -> None:
    for step in STEPS:
        _, found, words = str(step.run).partition("pulumi ")
        if found and step.run:
            command = [word for word in words.split()[:2] if word.isalpha()]
            helped = subprocess.run(["pulumi", *command, "--help"], capture_output=True, text=True, check=True).stdout
            flags = [word for word in words.split() if word.startswith("--")]
            assert [flag for flag in flags if flag not in helped] == [], step.name
