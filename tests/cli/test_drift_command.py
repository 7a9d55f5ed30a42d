"""`datatier drift`: over a tier that is up, and through the runner, whose code runs in the emulator's Lambda."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

from bootstrap.aws import aws_client, endpoint_of
from graph.errors import CloudError
from local.handlers.function import built

pytestmark = pytest.mark.server
FUNCTION = "clinic-local-bootstrap"


def psql(tier: Any, who: str, statement: str) -> None:
    tier.ok("psql", who, "--", "-qv", "ON_ERROR_STOP=1", "-c", statement)


def test_a_tier_is_as_declared(tier: Any) -> None:
    proved = tier.ok("drift", "--prove", "--json").json
    assert list(proved) == ["stack", "found", "checks", "failed", "ok"]
    assert (proved["stack"], proved["found"], proved["failed"], proved["ok"]) == ("local", [], [], True)
    assert len(proved["checks"]) > 100
    assert tier.ok("drift", "local").out == "local: 0 differences, 0 failed\n"
    nothing = tier.ok("bootstrap", "--dry-run", "--json").json
    assert (list(nothing), nothing["changes"]) == (["stack", "changes", "differences", "notes"], [])


def test_what_differs_is_exit_code_3_and_left(tier: Any) -> None:
    psql(tier, "clinic_migrator", "DROP INDEX idx_patients_owner_email; GRANT DELETE ON users TO clinic_reporting")
    first, second = tier.run("drift", "--json"), tier.run("drift")
    planned, shown = tier.run("bootstrap", "--dry-run", "--json"), tier.run("bootstrap", "--dry-run")
    tier.ok("access", "apply", "--yes")
    make = "CREATE INDEX CONCURRENTLY idx_patients_owner_email ON public.patients USING btree (owner_email)"
    psql(tier, "clinic_migrator", make)
    assert first.code == 3
    told = {each["where"]: each for each in first.json["found"]}
    assert len(first.json["found"]) == len(told) == 2
    assert told["schema"] == {
        "where": "schema",
        "what": "index patients.idx_patients_owner_email: missing",
        "mend": make,
    }
    (access,) = (each for where, each in told.items() if where != "schema")
    assert access["mend"].startswith("REVOKE DELETE ON ")
    assert (planned.code, shown.code) == (3, 3)
    (revoke,) = planned.json["changes"]
    assert (revoke["action"], revoke["sql"]) == ("revoke", access["mend"])
    assert any("idx_patients_owner_email" in text for text in planned.json["differences"])
    assert "  - REVOKE DELETE ON " in shown.out
    assert "nobody logged in" in shown.out
    assert second.code == 3
    assert f"mend: {make}" in second.out
    assert second.out.endswith("local: 2 differences, 0 failed\n")
    assert tier.run("drift").code == 0


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("prod", "--outputs", "-"), "{}", "--outputs says which stack it is"),
        (("--outputs", "-", "--manifest", "x"), "{}", "--outputs says which stack it is"),
        (("--outputs", "nowhere.json"), "", "--outputs nowhere.json: No such file"),
        (("--outputs", "-"), "no json", "is not what `pulumi stack output --json` prints"),
        (("--outputs", "-"), '{"manifest": "{}"}', "has no 'runner': deploy the stack"),
        (("--outputs", "-"), '{"manifest": {}, "runner": "x"}', "is not what `pulumi stack output --json` prints"),
        (("--manifest", "-"), "{}", "is not a manifest"),
    ],
)
def test_wrong_input(project: Any, words: tuple[str, ...], stdin: str, says: str) -> None:
    answer = project.run("drift", *words, stdin=stdin)
    assert (answer.code, says in answer.err) == (2, True), answer.err
    assert "Traceback" not in answer.err


@pytest.fixture(scope="module")
def code() -> Path:
    try:
        return built(CLINIC)
    except CloudError as error:
        pytest.skip(f"the wheels cannot be fetched: {error}")


def test_the_runner_looks(project: Any, code: Path) -> None:
    """As the drift workflow asks it, over Lambda's API; the engines are reached from the function alone."""
    project.ok("up", "--runner", "lambda")
    state = json.loads((project.folder / ".local" / "local" / "state.json").read_text())
    manifest = state["kept"]["manifest"]
    client = aws_client("lambda", "eu-west-1", endpoint_of(manifest["aws_endpoint"]))
    runner = client.create_alias(FunctionName=FUNCTION, Name="check", FunctionVersion="$LATEST")["AliasArn"]
    outputs = json.dumps({"manifest": json.dumps(manifest), "runner": runner})

    clean = project.ok("drift", "--outputs", "-", "--prove", "--json", stdin=outputs).json
    assert (clean["stack"], clean["found"], clean["failed"]) == ("local", [], [])
    assert len(clean["checks"]) > 100
    psql(project, "clinic_migrator", "DROP INDEX idx_patients_owner_email")
    found = project.run("drift", "--outputs", "-", stdin=outputs)
    assert found.code == 3
    assert "schema index patients.idx_patients_owner_email: missing" in found.out

    # Its sentence where it cannot look, and that of Lambda where there is no such function.
    broken = json.dumps({"manifest": json.dumps(manifest | {"stack": 1}), "runner": runner})
    refused = project.run("drift", "--outputs", "-", stdin=broken)
    assert (refused.code, "this is not a manifest: stack" in refused.err) == (1, True), refused.err
    nowhere = json.dumps({"manifest": json.dumps(manifest), "runner": f"{FUNCTION}-nowhere"})
    missing = project.run("drift", "--outputs", "-", stdin=nowhere)
    assert (missing.code, "ResourceNotFoundException" in missing.err) == (1, True), missing.err
    assert "Traceback" not in refused.err + missing.err
