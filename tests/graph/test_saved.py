"""Deployment files of every form that a stranger may bring, and what each field of them is taken for."""

import json
from typing import Any

import pytest
from exports import INSTANCE, PROJECT, ROOT, SECRET, SHOWN, SIGNATURE, STACK, Json, export, resource, urn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.resource import Resource, Standing
from graph.saved import SavedError, read
from preview.diff import changes
from preview.impact.judge import judge

TOPIC = "aws:sns/topic:Topic"


def one(**fields: Any) -> Resource:
    (found,) = read(export(resource(TOPIC, "it", {"name": "it"}, **fields)))
    return found


def test_a_resource_of_another_project_stack_account_and_partition() -> None:
    arn = "arn:aws-cn:sns:cn-north-1:210987654321:it"
    held = resource(TOPIC, "it", {"name": "it", "__defaults": ["name"]}, id=arn, outputs={"arn": arn}, protect=True)
    (found,) = read(export(held))
    assert found == Resource(
        type=TOPIC,
        name="it",
        parent="",
        inputs={"name": "it"},
        protect=True,
        id=arn,
        outputs={"arn": arn},
        filled=frozenset({"name"}),
        place="deployment.resources[2]",
        stack=STACK,
        urn=urn(TOPIC, "it"),
    )


# Field of apitype.ResourceV3, a value for it, what becomes of the resource: fields of ours; None: it is left out.
FIELDS: list[tuple[str, Any, dict[str, Any] | None]] = [
    ("custom", True, {}),
    ("delete", True, {"standing": Standing.GOING}),
    ("protect", True, {"protect": True}),
    ("taint", True, {"tainted": True}),
    ("external", True, None),
    ("dependencies", [ROOT], {"depends_on": (ROOT,)}),
    ("initErrors", ["it timed out"], {"failed": ("it timed out",)}),
    ("provider", f"{urn('pulumi:providers:aws', 'default')}::id", {}),
    ("propertyDependencies", {"name": [ROOT]}, {}),
    ("pendingReplacement", True, {"standing": Standing.GONE}),
    ("additionalSecretOutputs", ["result"], {}),
    ("aliases", [urn(TOPIC, "former")], {}),
    ("customTimeouts", {"create": 5400}, {}),
    ("importID", "it", {}),
    ("retainOnDelete", True, {"retain_on_delete": True}),
    ("deletedWith", ROOT, {}),
    ("replaceWith", [ROOT], {}),
    ("created", "2026-01-01T00:00:00Z", {}),
    ("modified", "2026-01-01T00:00:00Z", {}),
    ("sourcePosition", "project:///infra/stack.py#1", {}),
    ("stackTrace", [{"sourcePosition": "x"}], {}),
    ("ignoreChanges", ["name"], {}),
    ("hideDiff", ["name"], {}),
    ("replaceOnChanges", ["name"], {}),
    ("replacementTrigger", 1, {}),
    ("refreshBeforeUpdate", True, {}),
    ("viewOf", ROOT, None),
    ("resourceHooks", {"beforeCreate": ["a"]}, {}),
    ("extensionRef", "x", {}),
    ("snippetID", "b8a3c1d2-0000-4000-8000-000000000000", None),
    ("something of a newer Pulumi", {"a": 1}, {}),
]


@pytest.mark.parametrize(("field", "value", "becomes"), FIELDS, ids=[f[0] for f in FIELDS])
def test_a_field_is_understood_or_harmless(field: str, value: Any, becomes: dict[str, Any] | None) -> None:
    found = read(export(resource(TOPIC, "it", {"name": "it"}, **{field: value})))
    plain = one()
    assert found == (() if becomes is None else (Resource(**{**vars(plain), **becomes}),))


OUTPUT = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
VALUES: list[tuple[Any, Any]] = [
    ("text", "text"),
    (3.0, 3),
    (3.5, 3.5),
    (None, None),
    (SECRET, "[secret]"),
    (SHOWN, "[secret]"),
    ({"variables": {"PASSWORD": SECRET, "HOST": "a"}}, "[secret]"),
    ([{"value": SHOWN}], "[secret]"),
    ({**OUTPUT, "value": "a", "dependencies": []}, "a"),
    ({**OUTPUT, "value": "a", "secret": True}, "[secret]"),
    (OUTPUT, None),
    ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": ROOT, "id": "vpc-1"}, "vpc-1"),
    ({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "hash": "ab12", "path": "a"}, "[asset ab12]"),
    ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "cd34"}, "[asset cd34]"),
    ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "assets": {}}, "[asset]"),
    ({SIGNATURE: "a mark of a newer Pulumi"}, "[asset]"),
    ({"a": 1, "b": 2, "__defaults": ["b"]}, {"a": 1}),
    ("\ufeff", "\ufeff"),
    ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
]


@pytest.mark.parametrize(("saved", "value"), VALUES)
def test_a_property_as_it_is_serialised(saved: Any, value: Any) -> None:
    (found,) = read(export(resource(TOPIC, "it", {"it": saved})))
    assert (found.inputs, found.outputs) == ({"it": value}, {"it": value})
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_version_of_the_format(version: int) -> None:
    document = json.loads(export(resource(TOPIC, "it")))
    assert len(read(json.dumps({**document, "version": version, "features": ["taint"]}))) == 1


def test_other_files_of_the_same() -> None:
    document = json.loads(export(resource(TOPIC, "it", {"name": "it"})))
    checkpoint = {"version": 3, "checkpoint": {"stack": STACK, "latest": document["deployment"]}}
    (whole,), (cut,), (bare,) = (read(json.dumps(each)) for each in (document, checkpoint, document["deployment"]))
    assert {whole.key, cut.key, bare.key} == {(TOPIC, "", "it")}
    assert (cut.place, bare.place) == ("checkpoint.latest.resources[2]", "resources[2]")
    assert read("\ufeff" + json.dumps(document)) == (whole,)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"version": 3, "deployment": {"manifest": {"time": "", "magic": "", "version": ""}}}),
        json.dumps({"version": 3, "deployment": {}}),
        json.dumps({"version": 3, "deployment": {"resources": None}}),
        json.dumps({"version": 3, "checkpoint": {"stack": "live", "latest": None}}),
        json.dumps({"version": 3, "checkpoint": {"stack": "live"}}),
        json.dumps({"stack": "live", "resources": [], "findings": []}),
        export(),
    ],
)
def test_an_empty_stack(text: str) -> None:
    assert read(text) == ()


def test_components_alone() -> None:
    kind = "shop:index:Shop"
    component = {"urn": urn(kind, "it"), "custom": False, "type": kind, "parent": ROOT}
    inner = {**component, "urn": urn("shop:index:Part", "part", f"{kind}$"), "parent": component["urn"]}
    found = read(export(component, {**inner, "type": "shop:index:Part"}))
    assert [(each.name, each.above, each.id) for each in found] == [("it", "", ""), ("part", "it", "")]


def test_a_name_may_hold_anything() -> None:
    (found,) = read(export(resource(TOPIC, "a::b $c")))
    assert found.name == "a::b $c"


def test_old_ones_of_a_replacement_have_the_urn_of_the_new_one() -> None:
    new, old = resource(TOPIC, "it"), resource(TOPIC, "it", delete=True)
    assert [each.standing for each in read(export(new, old, old))] == [Standing.HELD, Standing.GOING, Standing.GOING]


def test_what_was_cut_off() -> None:
    operations = [
        {"type": "creating", "resource": resource(INSTANCE, "db")},
        {"type": "reading", "resource": resource(TOPIC, "read")},
    ]
    found = read(export(pending_operations=operations))
    assert [(each.name, each.standing, each.operation) for each in found] == [("db", Standing.UNFINISHED, "creating")]


def broken(**edit: Any) -> str:
    return export({**resource(TOPIC, "it"), **edit})


AT = "deployment.resources[2]"
# A file that is none, and what is said of it.
REFUSED: list[tuple[str, str]] = [
    ("", "is not JSON (line 1"),
    ("{", "is not JSON (line 1"),
    ("[" * 100_000, "is nested too deeply"),
    ('{"a": "\\ud800"}', "half of a character"),
    *(
        (f'{{"deployment": {{"a": {number}}}}}', "is not JSON (it holds NaN, or a number greater")
        for number in ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000)
    ),
    ("[]", "is neither"),
    ("null", "is neither"),
    ("3", "is neither"),
    ('{"version": 3}', "is neither"),
    ('{"version": 3, "deployment": null}', "is neither"),
    ('{"version": 3, "deployment": []}', "is neither"),
    ('{"version": 5, "deployment": {}}', "is of version 5, and 1 to 4 can be read"),
    ('{"version": 0, "deployment": {}}', "is of version 0"),
    ('{"version": "3", "deployment": {}}', "version is text, and a number is wanted"),
    ('{"version": true, "deployment": {}}', "version is true, and a number is wanted"),
    ('{"deployment": {"resources": {}}}', "deployment.resources is an object, and a list is wanted"),
    ('{"deployment": {"resources": [3]}}', "deployment.resources[0] is a number, and an object is wanted"),
    ('{"deployment": {"resources": [{}]}}', "deployment.resources[0].urn is missing"),
    ('{"deployment": {"pending_operations": [{}]}}', "deployment.pending_operations[0].type is missing"),
    (
        '{"deployment": {"pending_operations": [{"type": "creating", "resource": {"type": "a"}}]}}',
        "deployment.pending_operations[0].resource.urn is missing",
    ),
    ('{"checkpoint": {"latest": []}}', "checkpoint.latest is a list, and an object is wanted"),
    ('{"resources": [{"type": 1}]}', "resources[0].type is a number, and text is wanted"),
    ('{"resources": [{"type": "a", "name": "b"}]}', "resources[0].parent is missing"),
    ('{"resources": ["a"]}', "resources[0] is text, and an object is wanted"),
    (broken(urn="it"), f"{AT}.urn is not a URN"),
    (broken(urn="urn:pulumi:a::b::c"), f"{AT}.urn is not a URN"),
    (broken(urn=None), f"{AT}.urn is null, and text is wanted"),
    (broken(type=None), f"{AT}.type is null, and text is wanted"),
    (broken(parent="a"), f"{AT}.parent is not a URN"),
    (broken(inputs=[]), f"{AT}.inputs is a list, and an object is wanted"),
    (broken(inputs={"__defaults": "a"}), f"{AT}.inputs.__defaults is text, and names are wanted"),
    (broken(inputs={"__defaults": [{}]}), f"{AT}.inputs.__defaults is a list, and names are wanted"),
    (broken(outputs="a"), f"{AT}.outputs is text, and an object is wanted"),
    (broken(protect="true"), f"{AT}.protect is text, and true or false is wanted"),
    (broken(external=1), f"{AT}.external is a number, and true or false is wanted"),
    (broken(id=1), f"{AT}.id is a number, and text is wanted"),
    (broken(initErrors="a"), f"{AT}.initErrors is text, and a list is wanted"),
    (export(resource(TOPIC, "it"), resource(TOPIC, "it")), f"deployment.resources[3].urn is that of {AT} too"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[r[1] for r in REFUSED])
def test_what_is_no_deployment_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SavedError) as refused:
        read(text)
    assert said in str(refused.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WANTED: Json = {
    "allocatedStorage": 100,
    "maxAllocatedStorage": 500,
    "engineVersion": "17.4",
    "backupRetentionPeriod": 7,
    "deletionProtection": True,
    "instanceClass": "db.m7g.large",
    "tags": {"a": "b"},
    "vpcSecurityGroupIds": ["sg-1"],
    "replicateSourceDb": "a",
}
PLAN = {"name": "p", "rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": 7}}]}
KINDS: dict[str, Json] = {
    INSTANCE: WANTED,
    "aws:backup/plan:Plan": PLAN,
    "aws:elasticache/replicationGroup:ReplicationGroup": {"engineVersion": "8.0", "numCacheClusters": 2},
    "aws:rds/parameterGroup:ParameterGroup": {"parameters": [{"name": "a", "value": "1", "applyMethod": "immediate"}]},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {"rules": [{"id": "a", "status": "Enabled"}]},
    "aws:elasticache/user:User": {"accessString": "on ~* +@all", "userId": "a"},
}
FIELD = st.sampled_from(
    ("urn", "type", "parent", "inputs", "outputs", "protect", "id", "initErrors", "taint", "delete")
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(KINDS)), data=st.data())
def test_a_file_that_is_changed_anywhere_is_read_or_refused_with_a_place(kind: str, data: st.DataObject) -> None:
    """Whatever stands in a field or an input: what follows is a judgement, or one sentence of ours."""
    wanted = KINDS[kind]
    held = resource(kind, "it", dict(wanted))
    if data.draw(st.booleans()):
        held["inputs"][data.draw(st.sampled_from(sorted(wanted)))] = data.draw(ANYTHING)
    else:
        held[data.draw(FIELD)] = data.draw(ANYTHING)
    now = Resource(type=kind, name="it", parent="", inputs=wanted)
    said = "deployment.resources[2]"
    try:
        judge(changes(read(export(held)), (now,)))
        judge(changes(read(export(held)), ()))
    except SavedError as refused:
        said = str(refused)
    assert "deployment.resources[2]" in said or "it holds NaN" in said


def test_the_project_and_stack_may_be_called_anything() -> None:
    assert {each.stack for each in read(export(resource(TOPIC, "it")))} == {"live"}
    assert PROJECT in one().urn
