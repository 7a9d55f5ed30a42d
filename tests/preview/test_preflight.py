"""The preflight against what is deployed: ids may differ, what they point to may not."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clinic_project
import pytest
from clinic_project import CLINIC, NAME
from recorded_program import recorded

from graph.deployment import Deployment
from graph.offline import Offline
from graph.saved import SavedError, read
from infra.program import program
from infra.settings.stackfile import read_stack
from preview.markdown import markdown
from preview.plan import plan
from preview.preflight import Preflight, preflight
from preview.provider import Elsewhere
from preview.sarif import sarif
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]


def deployed(stack: str) -> Deployment:
    config = read_stack(CLINIC, stack)
    return recorded(stack, config, region=config["aws:region"])


@pytest.fixture(scope="module")
def prod() -> Deployment:
    return deployed("prod")


def export(deployment: Deployment) -> dict[str, Any]:
    """As `pulumi stack export` would have it, with the ids that AWS would have drawn."""
    stack = f"urn:pulumi:{deployment.stack}::data-tier::pulumi:pulumi:Stack::data-tier-{deployment.stack}"
    resources: list[dict[str, Any]] = [{"urn": stack, "type": "pulumi:pulumi:Stack", "custom": False}]
    for each in deployment.resources:
        made = deployment.made.get(each.urn)
        inputs: dict[str, Any] = {**each.inputs, "__defaults": ["filled"], "filled": "by the provider"}
        for key in each.secret_inputs:
            inputs[key] = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
        resources.append(
            {
                "urn": each.urn,
                "type": each.type,
                "parent": each.parent or stack,
                "custom": made is not None,
                "protect": each.protect,
                "retainOnDelete": each.retain_on_delete,
                "inputs": inputs,
                **({"id": made.id, "outputs": {**each.inputs, **made.outputs}} if made else {}),
            }
        )
    return {"version": 3, "deployment": {"resources": resources}}


def elsewhere(text: str) -> str:
    """The same with an account and random ids of its own."""
    text = text.replace("123456789012", "210987654321")
    for prefix in ("vpc", "subnet", "sg", "vpce", "rtb"):
        text = re.sub(rf"\b{prefix}-([0-9a-f]{{8}})\b", rf"{prefix}-0\g<1>beef", text)
    text = re.sub(r"key/[0-9a-f]{8}-", "key/00000000-", text)
    return re.sub(r"\.[0-9a-f]{8}\.eu-west-1\.rds", ".drawn.eu-west-1.rds", text)


def test_what_is_deployed_unchanged_is_no_change(prod: Deployment) -> None:
    report = preflight(prod, read(elsewhere(json.dumps(export(prod)))))
    assert [(i.name, i.key, i.before, i.after) for i in report.impacts] == []
    assert (report.created, report.updated, report.deleted) == (0, 0, 0)
    assert report.same == len(prod.resources)


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_another_accounts_stack_in_the_engines_order_is_no_change(stack: str) -> None:
    """As the genuine engine writes it (tests/engine): ids, random values, order, components' outputs."""
    config = read_stack(CLINIC, stack)
    theirs = run_program(stack, lambda: program(CLINIC), Elsewhere(config["aws:region"], "210987654321"), config)
    state = export(theirs)
    resources = state["deployment"]["resources"]
    by_urn = {each["urn"]: each for each in resources}
    for each in resources:
        above = by_urn.get(each.get("parent", ""))
        if above and not above["custom"] and "outputs" in each:
            above.setdefault("outputs", {}).update(each["outputs"])
    # Whoever refers to another comes after it, which is all that the engine promises.
    depends = {each.urn: each.depends_on for each in theirs.resources}
    placed: dict[str, Any] = {}
    for each in reversed(resources):
        _place(each, by_urn, depends, placed)
    state["deployment"]["resources"] = list(placed.values())
    report = preflight(deployed(stack), read(json.dumps(state)))
    assert [(i.name, i.key, i.before, i.after) for i in report.impacts] == []
    assert report.same == len(theirs.resources)


@pytest.mark.parametrize(
    ("stack", "profile", "region"),
    [("live", "prod", "cn-north-1"), ("prod", "dev", "us-gov-west-1"), ("dev", "prod", "eu-south-2")],
)
def test_a_strangers_stack_under_any_name_and_partition_is_no_change(stack: str, profile: str, region: str) -> None:
    """Beside it in the state: what the program only reads, an old one, a view, and what a snippet declares."""
    config = {**NAME, "aws:region": region, "data-tier:profile": profile}
    ours, theirs = (
        run_program(stack, lambda: program(CLINIC), cloud, config)
        for cloud in (Offline(region), Elsewhere(region, "210987654321"))
    )
    state = json.loads(json.dumps(export(theirs)).replace("::data-tier::", "::shop::"))
    resources = state["deployment"]["resources"]
    primary = named(resources, "postgres-primary")
    for name, fields in {
        "seen": {"external": True},
        "view": {"viewOf": primary["urn"]},
        "snip": {"snippetID": "b8a3"},
    }.items():
        resources.append({**primary, "urn": primary["urn"].replace("postgres-primary", name), "id": name, **fields})
    resources.append({**primary, "id": "db-OLD", "delete": True})
    report = preflight(ours, read(json.dumps(state)))
    assert [(i.name, i.key, i.before, i.after) for i in report.impacts] == []
    assert (report.created, report.updated, report.deleted, report.same) == (0, 0, 0, len(theirs.resources))
    assert [(each.rule, each.resource) for each in report.findings] == [("pending-deletion", "postgres-primary")]
    assert "deletes db-OLD" in report.findings[0].message


def test_what_the_state_says_is_told_beside_the_impacts(prod: Deployment) -> None:
    def edit(resources: list[dict[str, Any]]) -> None:
        named(resources, "main-group")["pendingReplacement"] = True
        named(resources, "postgres-standby-instance")["initErrors"] = ["timed out"]

    report = changed(prod, edit)
    told = [(i.effect, i.name, i.rule) for i in report.impacts if i.name in ("main-group", "postgres-standby-instance")]
    assert told == [
        ("blocked", "main-group", "protected"),
        ("data at risk", "main-group", "gone"),
        ("in place", "postgres-standby-instance", "not-at-rest"),
    ]
    assert "gone already" in markdown(report)
    state = export(prod)
    cut = {"type": "creating", "resource": named(state["deployment"]["resources"], "queue-group")}
    state["deployment"]["pending_operations"] = [cut]
    found = preflight(prod, read(json.dumps(state).replace("urn:pulumi:prod::", "urn:pulumi:dev::"))).findings
    assert [(each.severity, each.rule, each.resource) for each in found] == [
        ("warning", "saved-another-stack", "dev"),
        ("warning", "pending-operation", "queue-group"),
    ]


def test_the_bundle_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    """The functions are updated when their code is another, and when it is not there nothing is said."""
    bundle = tmp_path / "build" / "runner.zip"
    bundle.parent.mkdir()
    clinic_project.copy(tmp_path)
    now = run_program("dev", lambda: program(tmp_path), Offline("eu-west-1"), {**NAME, "data-tier:profile": "dev"})
    state = export(now)
    archive = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
    code = {**archive, "hash": hashlib.sha256(b"old").hexdigest(), "path": "build/runner.zip"}
    functions = ("maintenance-function", "runner-function")
    for each in functions:
        named(state["deployment"]["resources"], each)["inputs"]["code"] = code
    told = {}
    for content in (None, b"old", b"new"):
        if content is not None:
            bundle.write_bytes(content)
        report = preflight(now, read(json.dumps(state)))
        told[content] = [(i.name, i.key) for i in report.impacts]
    assert told == {None: [], b"old": [], b"new": [(each, "code") for each in functions]}
    # What was in the bundle of an earlier preview nobody knows.
    assert preflight(now, read(json.dumps(plan(now).as_json()))).impacts == ()


def _place(
    each: dict[str, Any], by_urn: dict[str, Any], depends: dict[str, tuple[str, ...]], placed: dict[str, Any]
) -> None:
    if each["urn"] in placed:
        return
    for urn in (*depends.get(each["urn"], ()), each.get("parent")):
        if urn in by_urn:
            _place(by_urn[urn], by_urn, depends, placed)
    placed[each["urn"]] = each


def test_an_earlier_preview_unchanged_is_no_change(prod: Deployment) -> None:
    report = preflight(prod, read(json.dumps(plan(prod).as_json())))
    assert (report.created, report.updated, report.deleted, report.impacts) == (0, 0, 0, ())


Change = Callable[[list[dict[str, Any]]], None]


def changed(prod: Deployment, edit: Change) -> Preflight:
    """The preflight over what was there, with other inputs: the resource has then another state too."""
    state = export(prod)
    resources = state["deployment"]["resources"]
    edit(resources)
    for each in resources:
        each["outputs"] = {**each.get("outputs", {}), **each.get("inputs", {})}
    return preflight(prod, read(json.dumps(state)))


def named(resources: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in resources if each["urn"].endswith(f"::{name}"))


def test_another_class_is_a_failover_and_nothing_else(prod: Deployment) -> None:
    def edit(resources: list[dict[str, Any]]) -> None:
        named(resources, "postgres-primary")["inputs"]["instanceClass"] = "db.m7g.large"

    report = changed(prod, edit)
    assert [(i.name, i.rule) for i in report.impacts] == [("postgres-primary", "rds-class-failover")]
    assert not report.blocked


def test_a_protected_instance_that_leaves_the_program_is_refused(prod: Deployment) -> None:
    def edit(resources: list[dict[str, Any]]) -> None:
        old = {**named(resources, "postgres-primary")}
        old["urn"] = old["urn"].replace("postgres-primary", "postgres-former")
        resources.append({**old, "id": "clinic-former"})

    report = changed(prod, edit)
    assert [(i.name, i.rule) for i in report.impacts] == [("postgres-former", "rds-delete-protected")]
    assert report.blocked


def test_ignored_changes_and_the_remains_of_a_replacement_are_left_out(prod: Deployment) -> None:
    def edit(resources: list[dict[str, Any]]) -> None:
        primary = named(resources, "postgres-primary")
        primary["inputs"]["password"] = "another"
        resources.append({**primary, "delete": True, "urn": primary["urn"] + "-old"})

    assert changed(prod, edit).impacts == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[]", "neither"), ('{"a": 1}', "neither"), ('{"deployment": null}', "neither")],
)
def test_a_file_that_is_no_deployment(text: str, said: str) -> None:
    with pytest.raises(SavedError, match=said):
        read(text)


def test_forms(prod: Deployment) -> None:
    def edit(resources: list[dict[str, Any]]) -> None:
        named(resources, "postgres-primary")["inputs"]["kmsKeyId"] = "arn:aws:kms:eu-west-1:1:key/a|b"

    report = changed(prod, edit)
    text = markdown(report)
    assert text.startswith("### prod: blocked\n")
    assert "0 to create, 1 to update, 0 to delete" in text
    assert "key/a\\|b" in text, "a value cannot end its cell"
    (run,) = sarif(report)["runs"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("protected", "error"), ("rds-key", "error")]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"protected", "rds-key"}
