"""The genuine engine over this computer's servers: PostgreSQL, Valkey and the emulator come up, and go."""

import json
from pathlib import Path

import psycopg
import pytest
from genuine import genuine

from local.down import down
from local.state import StateDir
from local.status import processes

pytestmark = pytest.mark.server


def test_the_local_stack_comes_up_for_real(tmp_path: Path) -> None:
    try:
        with genuine(tmp_path, "local", servers=True) as engine:
            engine.up()
            running = {each.name: each.pid for each in processes(StateDir(tmp_path / "project", "local"))}
            assert {"clinic-local", "clinic-local-main-001", "emulator"} <= running.keys()
            outputs = json.loads(engine.ok("stack", "output", "--json"))
            report = outputs["bootstrap"]
            assert report["ok"]
            assert len(report["checks"]) > 50
            # It is there, and lets nobody in without a password.
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(
                    f"host={outputs['writer']['host']} port={outputs['writer']['port']} user=clinic_app dbname=clinic"
                )
            assert engine.planned() == {}
            assert "unchanged" in engine.ok("refresh", "--preview-only", "--expect-no-changes")
            known = {
                each["outputs"]["result"]["plaintext"]
                for each in engine.resources("--show-secrets")
                if each["type"] == "random:index/randomPassword:RandomPassword"
            }
            export = engine.export()
            assert len(known) >= 3
            assert not [each for each in known if json.loads(each) in export]

            engine.ok("destroy", "--yes", "--skip-preview")
            left = {each.name for each in processes(StateDir(tmp_path / "project", "local")) if each.pid is not None}
            assert left == {"emulator"}, "the emulator is the account, not a resource"
    finally:
        down(tmp_path / "project", "local", delete=True)
