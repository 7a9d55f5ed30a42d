"""The genuine command line in a folder of its own: backend, home, plugin and project lie there; no network is used."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clinic_project
import sessions
import yaml

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse"
HANGS = 1800
"""Seconds after which a command hangs. Two cores that are shared by many took more than 300 for `up` of prod."""
ELSEWHERE = "210987654321"
"""An account none of whose ids is one that the preview would give."""
# What the program reads beside its stack's file.
READ = ("infra", "components", "knowledge", "bootstrap")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    """Standard output and error, as they came."""


@dataclass(frozen=True)
class Genuine:
    """A stack in a file backend, its resources in the plugin's file."""

    folder: Path
    stack: str
    providers: str
    """Value of PULUMI_DEBUG_PROVIDERS."""

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def run(self, *words: str, merged: bool = True) -> Answer:
        """`pulumi WORDS`, in the project."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_PROVIDERS": self.providers,
            "PYTHONPATH": str(self.project),
        }
        command = ["pulumi", "--non-interactive", "--color", "never", *words]
        done = sessions.run(command, cwd=self.project, env=env, timeout=HANGS, merged=merged)
        return Answer(done.returncode, done.stdout)

    def ok(self, *words: str) -> str:
        answer = self.run(*words)
        assert answer.code == 0, f"pulumi {' '.join(words)}: {answer.code}\n{answer.out}"
        return answer.out

    def up(self) -> str:
        return self.ok("up", "--yes", "--skip-preview", "--suppress-outputs")

    def planned(self) -> dict[str, str]:
        """What `pulumi preview` would do: logical name -> operation, unchanged ones left out."""
        answer = self.run("preview", "--json", merged=False)
        assert answer.code == 0, answer.out
        steps = [(each["urn"].rpartition("::")[2], each["op"]) for each in json.loads(answer.out)["steps"]]
        return {name: operation for name, operation in steps if operation != "same"}

    def export(self, *words: str) -> str:
        """`pulumi stack export`, secrets as they lie in the backend."""
        return self.ok("stack", "export", *words)

    def resources(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.export(*words))["deployment"].get("resources") or []
        return found

    def configure(self, **keys: Any) -> None:
        """Put keys of `data-tier` into the stack's file, where the engine has written its salt."""
        path = self.project / f"Pulumi.{self.stack}.yaml"
        document = yaml.safe_load(path.read_text())
        document["config"] = {
            **{key: value for key, value in document["config"].items() if key in ("aws:region", "data-tier:profile")},
            **{f"data-tier:{key}": value for key, value in keys.items()},
        }
        path.write_text(yaml.safe_dump(document))

    @contextmanager
    def drifted(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The plugin's resources by logical name, to be changed behind Pulumi's back; what is removed is gone."""
        document = json.loads(self.state.read_text())
        named = {each["urn"].rpartition("::")[2]: (key, each) for key, each in document["resources"].items()}
        live = {name: each for name, (_, each) in named.items()}
        yield live
        document["resources"] = {key: each for name, (key, each) in named.items() if name in live}
        self.state.write_text(json.dumps(document))


@contextmanager
def genuine(folder: Path, stack: str, *, account: str = "123456789012", servers: bool = False) -> Iterator[Genuine]:
    """A stack that is not up yet, with the plugin running: over a file, or over this computer's own servers."""
    project = folder / "project"
    for each in (project / "build", folder / "backend", folder / "home"):
        each.mkdir(parents=True)
    for name in READ:
        (project / name).symlink_to(ROOT / name)
    clinic_project.copy(project)
    own = yaml.safe_load((project / "Pulumi.yaml").read_text())
    own["main"] = "infra/"
    own["runtime"]["options"]["virtualenv"] = sys.prefix
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(own))
    with zipfile.ZipFile(project / "build" / "runner.zip", "w") as bundle:
        bundle.writestr("handler.py", "")  # nobody runs it: the engine takes its hash
    module = (
        ("local.plugin", stack, "--project", str(project))
        if servers
        else ("preview.provider", str(folder / "state.json"), "--account", account)
    )
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        made = Genuine(folder, stack, plugin.stdout.readline().strip().partition("=")[2])
        try:
            made.ok("stack", "init", stack)
            yield made
        finally:
            plugin.terminate()
            assert plugin.wait(30) == 0
