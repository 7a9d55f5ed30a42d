"""Runs the jobs of a workflow on this computer: each `run:` by the shell that GitHub takes, actions by stand-ins.

It knows the expressions, conditions and actions that these workflows use and refuses every other, so that a new one
cannot pass unseen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_files import WORKFLOWS, Step, steps

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
# What GitHub gives to `shell: bash`: docs.github.com, workflow syntax, jobs.<job_id>.steps[*].shell.
_SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
_NO_EFFECT = {"actions/checkout", "actions/setup-python", "actions/setup-go", "pulumi/actions"}


@dataclass
class Result:
    """What became of a job."""

    ran: list[str]
    """Names of the `run:` steps that were run, in their order."""
    failed: list[str]
    """Those that failed and were to stop the job."""
    outputs: dict[str, str]
    summary: str
    printed: str

    @property
    def ok(self) -> bool:
        return not self.failed


@dataclass
class Runner:
    """A place where jobs run: a project folder, a shelf of artifacts, and what contexts say."""

    folder: Path
    shelf: Path
    path: str
    """PATH, with the stand-ins first."""
    context: dict[str, str]
    """Expression -> value."""
    environment: dict[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    """Command of a step -> what stands in for it here."""

    def job(self, file: str, job: str, **context: str) -> Result:
        """Run a job with what its matrix says; each job begins with the project as it is checked out."""
        workflow = WORKFLOWS[file]
        assert workflow["defaults"] == {"run": {"shell": "bash"}}
        content = workflow["jobs"][job]
        known = self.context | {"github.job": job} | {key.replace("_", "."): value for key, value in context.items()}
        for left in ("reports", "deployed.json", "outputs.json", "build"):
            path = self.folder / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        files = {name: self.shelf / f".{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        base = self.environment | {name: str(path) for name, path in files.items()}
        base |= self._values({**workflow.get("env", {}), **content.get("env", {})}, known)
        done = Result([], [], {}, "", "")
        for step in steps(file, job):
            if not _wanted(step.content.get("if"), failed=bool(done.failed)):
                continue
            if step.run is None:
                ok = self._action(step, self._values(step.content.get("with", {}), known), base)
            else:
                ok, printed = self._shell(step, base | self._values(step.content.get("env", {}), known))
                done.ran.append(step.name)
                done.printed += printed
            if not ok and not step.content.get("continue-on-error"):
                done.failed.append(step.name)
        done.outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        done.summary = files["GITHUB_STEP_SUMMARY"].read_text()
        return done

    def _shell(self, step: Step, environment: Mapping[str, str]) -> tuple[bool, str]:
        command = str(step.run).strip()
        assert "${{" not in command, f"{step.file}: {step.name}: an expression in a shell's words"
        script = self.instead.get(command, command)
        env = {"PATH": self.path, "HOME": os.environ["HOME"], "LANG": "C.UTF-8", **environment}
        done = subprocess.run(
            [*_SHELL, "-c", script], cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False
        )
        return done.returncode == 0, f"## {step.name}: {done.returncode}\n{done.stdout}{done.stderr}"

    def _action(self, step: Step, given: dict[str, str], environment: dict[str, str]) -> bool:
        if step.action in _NO_EFFECT:
            return True
        actions: dict[str, Callable[[dict[str, str], dict[str, str]], bool]] = {
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
            "aws-actions/configure-aws-credentials": _credentials,
        }
        return actions[str(step.action)](given, environment)

    def _upload(self, given: dict[str, str], _: dict[str, str]) -> bool:
        source, target = self.folder / given["path"], self.shelf / given["name"]
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target)
            return True
        if source.is_file():
            target.mkdir()
            shutil.copy(source, target)
            return True
        return given.get("if-no-files-found") != "error"

    def _download(self, given: dict[str, str], _: dict[str, str]) -> bool:
        target = self.folder / given["path"]
        if "pattern" in given:  # each into a folder of its own
            for found in self.shelf.glob(given["pattern"]):
                shutil.copytree(found, target / found.name)
            return True
        if not (self.shelf / given["name"]).is_dir():
            return False
        shutil.copytree(self.shelf / given["name"], target, dirs_exist_ok=True)
        return True

    def _values(self, given: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, str]:
        """The values of `env:` or `with:`, their expressions replaced; an unknown one is an error."""

        def value(text: Any) -> str:
            if isinstance(text, bool):
                return str(text).lower()
            return _EXPRESSION.sub(lambda found: context[found[1]], str(text))

        return {key: value(text) for key, text in given.items()}


def _wanted(condition: str | None, *, failed: bool) -> bool:
    """Conditions of a step: none means success()."""
    return {None: not failed, "failure()": failed, "${{ !cancelled() }}": True}[condition]


def _credentials(given: dict[str, str], environment: dict[str, str]) -> bool:
    """As the action leaves them in the environment; these open nothing."""
    assert given["role-to-assume"].startswith("arn:aws:iam::")
    environment |= {"AWS_REGION": given["aws-region"], "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    return True
