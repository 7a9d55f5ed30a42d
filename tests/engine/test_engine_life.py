"""A stack in the genuine engine: nothing to do after `up`, then what changes, drifts, is stopped, and ends."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from genuine import ROOT, Genuine

from graph import types

DATATIER = Path(sys.executable).with_name("datatier")
Deployed = Callable[[str], Genuine]


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_after_up_there_is_nothing_to_do(deployed: Deployed, stack: str) -> None:
    engine = deployed(stack)
    policed = engine.ok("preview", "--expect-no-changes", "--suppress-outputs", "--policy-pack", str(ROOT / "policy"))
    assert "data-tier@v0.1.0" in policed
    assert "warning" not in policed
    assert "unchanged" in engine.ok("refresh", "--preview-only", "--expect-no-changes", "--suppress-outputs")


def test_the_first_preview_knows_nothing_but_creates(tmp_path: Path) -> None:
    from genuine import genuine

    with genuine(tmp_path, "dev") as engine:
        planned = engine.planned()
        assert set(planned.values()) == {"create"}
        assert not engine.state.exists(), "a preview makes nothing"
        engine.configure(postgres={"class": "db.t4g.medium", "storage": {"allocated": 5}})
        refused = engine.run("up", "--yes", "--skip-preview")
        assert refused.code != 0
        assert "data-tier:postgres.storage" in refused.out
        assert not engine.state.exists()


def test_changes_in_place_by_replacement_and_the_end(fresh: Deployed) -> None:
    dev = fresh("dev")
    before = dev.export()

    dev.configure(postgres={"class": "db.t4g.large"})
    planned = dev.planned()
    assert set(planned.values()) == {"update"}
    assert planned.items() >= {"postgres-primary": "update", "postgres-parameters": "update"}.items()
    assert judged(dev, before) == planned.keys()
    dev.up()
    assert dev.planned() == {}
    with dev.drifted() as live:
        assert live["postgres-primary"]["inputs"]["instanceClass"] == "db.t4g.large"

    dev.configure(postgres={"class": "db.t4g.large", "database": "other"})
    replaced = dev.planned()
    assert replaced["postgres-primary"] == "replace"
    # It has the old one's name: the old one goes first, and what hangs on it is brought along.
    dev.up()
    assert dev.planned() == {}
    with dev.drifted() as live:
        assert live["postgres-primary"]["inputs"]["dbName"] == "other"

    dev.ok("destroy", "--yes", "--skip-preview")
    assert dev.resources() == []
    with dev.drifted() as live:
        assert live == {}, "dev leaves no snapshot, and no key that would open one"


def test_drift_is_found_and_mended(fresh: Deployed) -> None:
    dev = fresh("dev")
    with dev.drifted() as live:
        live["postgres-primary"]["inputs"]["backupRetentionPeriod"] = 0
        del live["alarms-primary-cpu-high"]

    looked = dev.run("refresh", "--preview-only", "--expect-no-changes", "--diff")
    assert looked.code != 0
    assert "no changes were expected" in looked.out
    assert "backupRetentionPeriod" in looked.out
    assert "alarms-primary-cpu-high" in looked.out

    assert dev.planned() == {}, "a preview alone does not look"
    dev.ok("refresh", "--yes", "--skip-preview")
    planned = dev.planned()
    assert planned.items() >= {"postgres-primary": "update", "alarms-primary-cpu-high": "create"}.items()
    dev.up()
    with dev.drifted() as live:
        assert live["postgres-primary"]["inputs"]["backupRetentionPeriod"] == 7
        assert "alarms-primary-cpu-high" in live
    assert "unchanged" in dev.ok("refresh", "--preview-only", "--expect-no-changes")


def test_nodes_that_changed_by_hand_end_in_a_sentence(fresh: Deployed) -> None:
    """Found out in an output, long after the program's entry point has returned."""
    dev = fresh("dev")
    with dev.drifted() as live:
        group = next(each for each in live.values() if each["type"] == types.CACHE)
        group["outputs"]["memberClusters"].append("orders-by-hand-009")
    dev.ok("refresh", "--yes", "--skip-preview")
    stopped = dev.run("preview")
    assert stopped.code != 0
    assert "orders-by-hand-009" in stopped.out
    assert "replicas or shards were changed by hand; run `pulumi refresh`, then `pulumi up`" in stopped.out
    assert "Traceback" not in stopped.out
    assert "unhandled exception" not in stopped.out


def test_what_drift_leaves_out_is_not_looked_at(fresh: Deployed) -> None:
    """As drift.yml says it: its role may not read the versions of secrets."""
    workflow = (ROOT / ".github" / "workflows" / "drift.yml").read_text()
    (left_out,) = re.findall(r"--exclude '([^']+)'", workflow)
    dev = fresh("dev")
    with dev.drifted() as live:
        del live["credentials-master-initial"]
    look = ("refresh", "--preview-only", "--expect-no-changes")
    assert "credentials-master-initial" in dev.run(*look).out
    assert "unchanged" in dev.ok(*look, "--exclude", left_out)


def test_prod_is_protected(fresh: Deployed) -> None:
    prod = fresh("prod")
    before = prod.export()
    held = prod.state.read_text()

    prod.configure(postgres={"class": "db.r7g.xlarge"})
    planned = prod.planned()
    assert set(planned.values()) == {"update"}
    assert judged(prod, before) == planned.keys()

    prod.configure(postgres={"database": "other"})
    # Each of them previews first: what is protected stops it before anything is done.
    for words in (("preview",), ("up", "--yes"), ("destroy", "--yes")):
        stopped = prod.run(*words)
        assert stopped.code != 0, words
        assert "protect" in stopped.out
    assert prod.state.read_text() == held
    assert "protected" in {each["rule"] for each in preflight(prod, before)["impacts"]}

    # Without a preview the rest goes, and what is protected stays.
    assert prod.run("destroy", "--yes", "--skip-preview").code != 0
    kept = {each["urn"] for each in prod.resources() if each.get("protect")}
    assert kept == {each["urn"] for each in json.loads(before)["deployment"]["resources"] if each.get("protect")}

    # Who takes Pulumi's protection away still meets that of RDS.
    prod.ok("state", "unprotect", "--all", "--yes")
    refused = prod.run("destroy", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "has deletion protection" in refused.out
    with prod.drifted() as live:
        assert live.keys() >= {"postgres-primary", "postgres-standby-instance"}


def test_the_pack_stops_what_the_rules_forbid(deployed: Deployed) -> None:
    prod = deployed("prod")
    prod.configure(postgres={"multi_az": False})
    try:
        stopped = prod.run("preview", "--policy-pack", str(ROOT / "policy"), "--suppress-outputs")
    finally:
        prod.configure()
    assert stopped.code != 0
    assert "rds-multi-az" in stopped.out


def preflight(engine: Genuine, export: str) -> dict[str, Any]:
    """`datatier preview --against` the export, in the engine's project."""
    done = subprocess.run(
        [DATATIER, "preview", engine.stack, "--against", "-", "--json"],
        cwd=engine.project,
        input=export,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judged(engine: Genuine, export: str) -> set[str]:
    """The resources that the preflight says will change."""
    return {each["name"] for each in preflight(engine, export)["impacts"]}
