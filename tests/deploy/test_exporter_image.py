"""The exporter's image, as far as it can be tried without an engine that builds it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.exporter import service
from components.exporter.args import MetricsServiceArgs
from components.tasks import definition
from infra.settings.metrics_section import EXPORTER_PORT

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "deploy" / "Containerfile").read_text("utf-8").splitlines()
COPIES = (ROOT / "deploy" / "Containerfile.copies").read_text("utf-8").splitlines()
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
CERTIFICATES = "build/rds-global-bundle.pem"  # `make image` puts it there


def after(word: str, lines: list[str] = LINES) -> list[str]:
    return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


def test_what_is_copied_is_there_and_let_through() -> None:
    sources = {each.split()[0] for each in (*after("COPY"), *after("COPY", COPIES))}
    assert [each for each in sources if each != CERTIFICATES and not (ROOT / each).exists()] == []
    assert sorted(f"!{each}" for each in sources) == sorted(line for line in IGNORED if line.startswith("!"))
    assert IGNORED[1] == "*"  # everything else stays outside


def test_the_image_and_the_task_agree() -> None:
    assert after("USER") == [definition.USER]
    assert not definition.USER.startswith("0")
    assert after("EXPOSE") == [str(EXPORTER_PORT)]
    assert json.loads(after("ENTRYPOINT")[0]) == ["python", "-m", "cli.main"]
    assert after("ARG") == ["BASE=docker.io/library/python:3.13-slim"]


def test_the_image_of_the_copies_and_its_task_agree() -> None:
    assert after("USER", COPIES) == [definition.USER]
    assert after("VOLUME", COPIES) == [definition.SCRATCH]
    assert json.loads(after("ENTRYPOINT", COPIES)[0]) == ["python", "-m", "cli.main"]
    assert after("ARG", COPIES) == ["BASE=docker.io/library/postgres:18-trixie"]
    assert after("EXPOSE", COPIES) == []
    # Whatever the exporter's image has of this program, and no less.
    assert {*after("COPY", COPIES)} >= {each for each in after("COPY") if "requirements" not in each}


def pins(name: str) -> dict[str, str]:
    """Package -> its version and hashes."""
    text = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ")
    found = (re.match(r"([a-z0-9_.-]+)(?:\[\w+\])?(==.*)", line) for line in text.splitlines())
    return {each[1]: re.sub(r"\s*;[^-]*(?=--|$)", " ", " ".join(each[2].split())) for each in found if each}


def test_its_packages_are_those_of_the_lock() -> None:
    own, every = pins("exporter.txt"), pins("runtime.txt")
    assert {"botocore", "psycopg", "psycopg-binary", "redis", "typer"} <= own.keys()
    assert {name: pin for name, pin in own.items() if every.get(name) != pin} == {}
    assert all("--hash=sha256:" in pin for pin in own.values())


PROBE = """
import sys
sys.path[:] = [each for each in sys.path if "site-packages" not in each]
sys.path.insert(0, ".")
sys.path.append(sys.argv.pop(1))
known = set(sys.argv.pop(1).split(","))
from importlib.machinery import PathFinder
class Absent:
    # What the image does not have: its other packages, which this environment has beside.
    def find_spec(self, name, path=None, target=None):
        found = PathFinder.find_spec(name, path) if "." not in name else None
        if found is not None and "site-packages" in (found.origin or "") and name not in known:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import botocore.session, observe.metrics.server, observe.metrics.sources, clients.credentials
from cli.main import main
main()
"""
# Package -> the module that it brings, where the names differ in more than `_`.
MODULES = {"python-dateutil": "dateutil"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    for source, target in (each.split() for each in after("COPY")):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def command() -> list[str]:
    """The command of the task, whose secret is named as nobody's is."""
    place = {"account_id": "1", "region": "eu-west-1", "vpc_id": "vpc-1", "subnet_ids": ["s"]}
    groups = {"database_security_group_id": "sg-1", "cache_security_group_id": "sg-2", "secret_arns": []}
    keys = {"secrets_key_arn": "k", "logs_key_arn": "k", "manifest": "{}", "endpoint_cidrs": ["10.0.0.0/24"]}
    args = MetricsServiceArgs(prefix="shop", image="r/e:1", clients=["sg-3"], **place, **groups, **keys)  # type: ignore[arg-type]
    found: list[str] = service.container(args, "arn:of:nothing", "1", "group")["command"]
    return found


def test_the_tasks_command_runs_on_what_is_copied_and_on_its_packages_alone(image: Path) -> None:
    site = next(each for each in sys.path if each.endswith("site-packages"))
    known = ",".join(MODULES.get(name, name.replace("-", "_")) for name in pins("exporter.txt"))
    probe = [sys.executable, "-I", "-c", PROBE, site]
    done = subprocess.run([*probe, known, *command()], cwd=image, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "error: --manifest arn:of:nothing is not the ARN of a secret: take that of PREFIX/exporter/manifest.\n",
    )
    without = known.replace("typer", "nothing")
    done = subprocess.run([*probe, without, *command()], cwd=image, capture_output=True, text=True, check=False)
    assert "No module named 'typer'" in done.stderr  # the probe does hide what is not listed
