"""The project of another application, with two stacks that are not called as their profile is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clinic_project
import psutil
import yaml
from as_found import DRILLS
from clinic_project import CLINIC
from in_process import Said, call
from psycopg.sql import SQL, Identifier

from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.secrets import AwsStore
from cli.kept import LOCAL
from pipeline.record import Record, write

LIVE: dict[str, Any] = {
    "aws:region": "eu-west-3",
    "aws:allowedAccountIds": ["210987654321"],
    "data-tier:profile": "prod",
    # Of the profile's servers only as many as a test can afford.
    "data-tier:postgres": {"replicas": {"standby": {}}},
    "data-tier:redis": {"main": {"class": "cache.r7g.large", "replicas": 1, "multi_az": True}},
    "data-tier:notify": {severity: [{"email": "data@example.org"}] for severity in ("critical", "warning", "info")},
    "data-tier:network": {"clients": ["10.0.0.0/8"]},
}
PROD: dict[str, Any] = {
    "aws:region": "us-east-2",
    "data-tier:profile": "dev",
}
# What must not be said of a stack: another application, another stack, another region.
FOREIGN = {
    "live": re.compile(
        r"\bclinic(\b|[-_])|shop-prod\b|(-s|--stack|preview|up) prod\b|stack [`']?prod\b|us-east-2|eu-west-1"
    ),
    "prod": re.compile(r"\bclinic(\b|[-_])|shop-live\b|(-s|--stack|preview|up) live\b|stack [`']?live\b|eu-west-[13]"),
}


@dataclass(frozen=True)
class Folder:
    path: Path

    def call(self, *words: str, stdin: str = "") -> Said:
        return call(self.path, *words, stdin=stdin)

    def manifest(self, stack: str) -> Manifest:
        """Of a stack that is up."""
        state = json.loads((self.path / ".local" / stack / "state.json").read_text())
        return Manifest.model_validate(state["kept"]["manifest"])

    @contextmanager
    def silent(self, server: str) -> Iterator[None]:
        """All processes of a server stand still: it accepts connections and says nothing."""
        processes = self.call("status", "--json").json["processes"]
        (pid,) = [each["pid"] for each in processes if each["name"] == server]
        parent = psutil.Process(pid)
        stopped = [parent, *parent.children(recursive=True)]
        for each in stopped:
            each.suspend()
        try:
            yield
        finally:
            for each in stopped:
                each.resume()

    @contextmanager
    def never_kept(self, stack: str) -> Iterator[None]:
        """As if no backup and no drill had ever been made: what there is of them is put aside."""
        marks = [self.path / LOCAL, self.path / ".local" / stack / DRILLS]
        aside = [(mark, mark.with_name(f"{mark.name}.aside")) for mark in marks if mark.exists()]
        for mark, away in aside:
            mark.rename(away)
        try:
            yield
        finally:
            for mark in marks:
                shutil.rmtree(mark, ignore_errors=True)
            for mark, away in aside:
                away.rename(mark)

    @contextmanager
    def second_region(self, stack: str) -> Iterator[None]:
        """As if its file had declared one for its backups."""
        file = self.path / f"Pulumi.{stack}.yaml"
        before = file.read_text()
        second = {"data-tier:backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}}}
        file.write_text(yaml.safe_dump({"config": yaml.safe_load(before)["config"] | second}))
        try:
            yield
        finally:
            file.write_text(before)

    def forget_copies(self, *places: str) -> None:
        """Remove places for backups, and databases that were restored from them or replaced."""
        for place in places:
            shutil.rmtree(self.path / place, ignore_errors=True)
        manifest = self.manifest("live")
        with master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint)).conn as conn:
            made = conn.execute("SELECT datname FROM pg_database WHERE datname ~ '_restored_|_before_'").fetchall()
            for (name,) in made:
                conn.execute(SQL("DROP DATABASE {}").format(Identifier(name)))

    def declare(self, change: Any = None) -> None:
        """Write access.yaml, as it was or with a change."""
        text = (CLINIC / "access.yaml").read_text(encoding="utf-8").replace("clinic", "shop")
        declaration = yaml.safe_load(text)
        if change is not None:
            change(declaration)
        (self.path / "access.yaml").write_text(yaml.safe_dump(declaration, sort_keys=False), encoding="utf-8")


def make(path: Path) -> Folder:
    """A project with two stacks and nothing else, under Git."""
    folder = Folder(path)
    clinic_project.copy(path, "shop")
    for profile in ("local", "dev", "staging"):
        (path / f"Pulumi.{profile}.yaml").unlink()
    (folder.path / "Pulumi.live.yaml").write_text(yaml.safe_dump({"config": LIVE}))
    (folder.path / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": PROD}))
    folder.declare()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=folder.path, check=True)
    failed = Record(name="1-deploy", title="Deployment", command=("x",), code=1, output="schema is dirty")
    write(folder.path / "failed", failed)
    return folder
