"""Which resources change, under ids that only the deployed stack has; who refers to something made anew changes too."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from graph.resource import Resource, Standing
from preview.diff import Change, changes
from preview.impact.effect import Effect
from preview.impact.judge import judge
from preview.markdown import described as shown

INSTANCE, PARAMETERS = "aws:rds/instance:Instance", "aws:rds/parameterGroup:ParameterGroup"
EVENTS, TEST = (
    "aws:rds/eventSubscription:EventSubscription",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection",
)
GROUP, TOPIC = "aws:elasticache/replicationGroup:ReplicationGroup", "aws:sns/topic:Topic"
ALARM, FUNCTION = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:lambda/function:Function"
RUN, VERSION = "aws:lambda/invocation:Invocation", "aws:secretsmanager/secretVersion:SecretVersion"
OURS, THEIRS = "123456789012", "210987654321"
Inputs = dict[str, Any]


class Program:
    """A program of a stranger's, and the state that it was deployed into: each side has ids of its own."""

    def __init__(self) -> None:
        self.before: list[Resource] = []
        self.after: list[Resource] = []

    def add(
        self, kind: str, name: str, inputs: Inputs, was: Inputs | None = None, *needs: str, **fields: Any
    ) -> Resource:
        """`{name.output}` in an input is what the other resource puts out on its side; `was` is what differed."""
        urns = [each.urn for each in self.after if each.name in needs]
        ids = {side: f"{name}-{digits}drawn" for side, digits in (("now", "0a1b"), ("was", "9f8e"))}
        given = {"type": kind, "name": name, "parent": "", "urn": f"urn:{name}", **fields}
        for side, account, listed in (("now", OURS, self.after), ("was", THEIRS, self.before)):
            put = {**inputs, **(was or {})} if side == "was" else inputs
            put = json.loads(self._referred(json.dumps(put), listed))
            arn = f"arn:aws:x:eu-south-2:{account}:{ids[side]}"
            outputs = {**put, "arn": arn, "name": put.get("name", ids[side])}
            needed = tuple(urns) if side == "now" else ()
            listed.append(Resource(inputs=put, id=ids[side], outputs=outputs, depends_on=needed, **given))
        return self.after[-1]

    @staticmethod
    def _referred(text: str, listed: list[Resource]) -> str:
        for each in listed:
            for output, value in (("id", each.id), *each.outputs.items()):
                if isinstance(value, str):
                    text = text.replace(f"{{{each.name}.{output}}}", value)
        return text

    def told(self) -> dict[str, tuple[str, ...]]:
        """Name -> what differs, the unchanged left out; a replacement begins with `replace`."""
        return {each.name: told(each) for each in changes(self.before, self.after) if each.kind != "same"}


def told(each: Change) -> tuple[str, ...]:
    kind = "replace" if each.replaced else each.kind
    return (kind, *each.keys)


def test_other_ids_and_another_account_are_no_change() -> None:
    it = Program()
    it.add(PARAMETERS, "settings", {"family": "postgres17", "namePrefix": "shop-"})
    it.add(INSTANCE, "db", {"identifier": "shop", "parameterGroupName": "{settings.name}"}, None, "settings")
    it.add(
        ALARM, "down", {"name": "shop-down", "alarmActions": [f"arn:aws:sns:x:{OURS}:a"], "dimensions": {"a": "shop"}}
    )
    it.before[-1] = replace(it.before[-1], inputs=json.loads(json.dumps(it.before[-1].inputs).replace(OURS, THEIRS)))
    assert it.told() == {}


def test_a_major_upgrade_is_followed_to_whoever_uses_the_parameter_group() -> None:
    it = Program()
    it.add(PARAMETERS, "settings", {"family": "postgres18", "namePrefix": "shop-"}, {"family": "postgres17"})
    it.add(INSTANCE, "db", {"identifier": "shop", "parameterGroupName": "{settings.name}"}, None, "settings")
    replica = {"identifier": "late", "replicateSourceDb": "shop", "parameterGroupName": "{settings.name}"}
    it.add(INSTANCE, "late", replica, None, "settings")
    it.add(EVENTS, "told", {"name": "shop", "snsTopic": "t", "sourceIds": ["{settings.name}"]}, None, "settings")
    it.add(
        TEST, "restored", {"restoreMetadataOverrides": {"dbParameterGroupName": "{settings.name}"}}, None, "settings"
    )
    it.add(ALARM, "beside", {"name": "shop-cpu"})
    assert it.told() == {
        "settings": ("replace", "family"),
        "db": ("update", "parameterGroupName"),
        "late": ("update", "parameterGroupName"),
        "told": ("update", "sourceIds"),
        "restored": ("update", "restoreMetadataOverrides"),
    }
    found = {(each.name, each.rule): each.after for each in judge(changes(it.before, it.after))}
    assert found["db", "rds-parameter-group"] == "<settings.name>", "nobody knows its name yet"


@pytest.mark.parametrize("output", ["id", "name", "arn"])
def test_any_reference_to_what_is_made_anew_is_a_change(output: str) -> None:
    it = Program()
    it.add("aws:kms/key:Key", "key", {"multiRegion": True}, {"multiRegion": False})
    it.add(TOPIC, "told", {"name": "t", "kmsMasterKeyId": f"{{key.{output}}}"}, None, "key")
    assert it.told() == {"key": ("replace", "multiRegion"), "told": ("update", "kmsMasterKeyId")}


def test_a_name_that_the_program_gives_is_the_same_after_a_replacement() -> None:
    it = Program()
    it.add("aws:rds/proxy:Proxy", "proxy", {"name": "shop", "engineFamily": "POSTGRESQL"}, {"engineFamily": "MYSQL"})
    it.add(ALARM, "down", {"name": "a", "dimensions": {"ProxyName": "{proxy.name}"}}, None, "proxy")
    it.add(
        "aws:iam/rolePolicy:RolePolicy", "may", {"role": "r", "policy": '{"Resource": "{proxy.arn}"}'}, None, "proxy"
    )
    assert it.told() == {"proxy": ("replace", "engineFamily"), "may": ("update", "policy")}


def test_it_is_followed_through_others_and_inside_of_texts() -> None:
    """A name made of drawn digits, given to a resource, whose users refer to the resource alone."""
    it = Program()
    it.add("random:index/randomId:RandomId", "digits", {"byteLength": 3, "keepers": {"family": "8"}},
           {"keepers": {"family": "7"}})  # fmt: skip
    for listed, hexes in ((it.after, "0a1b2c"), (it.before, "9f8e7d")):
        listed[-1] = replace(listed[-1], outputs={"hex": hexes})
    name = "shop-main-{digits.hex}"
    it.add(
        "aws:elasticache/parameterGroup:ParameterGroup", "settings", {"name": name, "family": "valkey8"}, None, "digits"
    )
    it.add(GROUP, "main", {"replicationGroupId": "shop", "parameterGroupName": "{settings.name}"}, None, "settings")
    assert it.told() == {
        "digits": ("replace", "keepers"),
        "settings": ("replace", "name"),
        "main": ("update", "parameterGroupName"),
    }


def test_an_input_that_two_resources_share_is_not_taken_for_a_reference() -> None:
    """The class of a replica is that of its primary, and both change."""
    it = Program()
    it.add(INSTANCE, "db", {"identifier": "shop", "instanceClass": "db.m7g.xlarge"}, {"instanceClass": "db.m7g.large"})
    replica = {"identifier": "late", "replicateSourceDb": "shop", "instanceClass": "db.m7g.xlarge"}
    it.add(INSTANCE, "late", replica, {"instanceClass": "db.m7g.large"}, "db")
    assert it.told() == {"db": ("update", "instanceClass"), "late": ("update", "instanceClass")}


def test_what_pulumi_refuses_to_replace_is_not_followed() -> None:
    it = Program()
    it.add(INSTANCE, "db", {"identifier": "shop", "dbName": "b"}, {"dbName": "a"}, protect=True)
    it.add(RUN, "run", {"functionName": "f", "input": "{db.arn}"}, None, "db")
    assert it.told() == {"db": ("replace", "dbName")}


def test_what_follows_from_a_change_in_place_is_not_known_either() -> None:
    it = Program()
    it.add(GROUP, "main", {"replicationGroupId": "shop", "numCacheClusters": 3}, {"numCacheClusters": 2})
    for listed, nodes in ((it.after, ["shop-001", "shop-002", "shop-003"]), (it.before, ["shop-001", "shop-002"])):
        listed[-1] = replace(listed[-1], outputs={**listed[-1].outputs, "memberClusters": nodes})
    it.add(ALARM, "first", {"name": "shop-001-cpu", "dimensions": {"CacheClusterId": "shop-001"}}, None, "main")
    assert it.told() == {"main": ("update", "numCacheClusters"), "first": ("update", "dimensions")}


MANIFEST = json.dumps({"host": "{db.arn}", "role": "app"})


def sha(text: str) -> str:
    return hashlib.sha256(json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize(
    ("was", "expected"),
    [
        ({}, {}),
        (
            {"input": MANIFEST.replace("app", "web")},
            {"run": ("replace", "input"), "function": ("update", "environment"), "kept": ("replace", "secretString")},
        ),
    ],
)
def test_what_is_computed_of_a_text_changes_with_it(was: Inputs, expected: dict[str, tuple[str, ...]]) -> None:
    """A digest in a function's environment, and a secret that holds the same text: neither can be compared itself."""
    it = Program()
    it.add(INSTANCE, "db", {"identifier": "shop"})
    run = it.add(RUN, "run", {"functionName": "f", "input": MANIFEST}, was, "db")
    for listed in (it.after, it.before):
        manifest = next(each.inputs["input"] for each in listed if each.name == "run")
        environment = {"variables": {"DATATIER_MANIFEST_SHA256": sha(manifest)}}
        needs = ("urn:db",) if listed is it.after else ()
        beside: dict[str, Any] = {"parent": "", "depends_on": needs, "id": "an-id"}
        function = {"name": "f", "environment": environment}
        listed.append(Resource(type=FUNCTION, name="function", urn="urn:function", inputs=function, **beside))
        copies = {"secretString": (run.key, "input", manifest)} if listed is it.after else {}
        secret = {"secretId": "an-arn", "secretString": "[secret]"}
        listed.append(Resource(type=VERSION, name="kept", urn="urn:kept", inputs=secret, copies=copies, **beside))
    assert it.told() == expected


def test_a_secret_whose_text_was_a_secret_before_too_is_not_known_to_differ() -> None:
    was = Resource(type=VERSION, name="kept", parent="", inputs={"secretString": "[secret]"}, id="i")
    shown = ((RUN, "", "run"), "input", "{}")
    for before in ((was,), (was, Resource(type=RUN, name="run", parent="", inputs={"input": "[secret]"}, id="r"))):
        assert changes(before, (replace(was, id="", copies={"secretString": shown}),))[0].kind == "same"


# What the file has, what the program gives (None: nothing), whether they differ.
COMPARED: list[tuple[Any, Any, bool]] = [
    ("100", 100, False),
    ("100.0", 100, False),
    (100, 100, False),
    ("100", 200, True),
    ("a lot", 100, True),
    ("true", True, False),
    ("True", True, False),
    ("false", True, True),
    ("1", True, True),
    (1, True, True),
    (True, "true", False),
    (False, "true", True),
    (3, "3.0", False),
    (3.5, "3.5", False),
    (8, "8", False),
    ("3.0", "3.0", False),
    ("17.1", "17.10", True),
    (17.1, "17.10", True),
    (None, [], False),
    (None, {}, False),
    ([], None, False),
    ({"port": "5432"}, {"port": 5432}, False),
    ([{"port": "5432"}, {"port": 1}], [{"port": 1}, {"port": 5432}], False),
    ([1, 2], [1, 2, 3], True),
    ("[asset]", "[asset ab]", False),
    ("[asset ab]", "[asset]", False),
    ("[asset ab]", "[asset ab]", False),
    ("[asset ab]", "[asset cd]", True),
    ("[secret]", "[secret]", False),
]


@pytest.mark.parametrize(("was", "now", "differ"), COMPARED)
def test_values_are_compared_by_the_type_of_the_input(was: Any, now: Any, differ: bool) -> None:
    def side(value: Any) -> tuple[Resource, ...]:
        inputs = {} if value is None else {"anything": value}
        return (Resource(type="aws:shop/thing:Thing", name="it", parent="", inputs=inputs),)

    (found,) = changes(side(was), side(now))
    assert found.keys == (("anything",) if differ else ())


def test_a_default_of_the_provider_is_no_change() -> None:
    """What it filled in, and what the program says now in so many words; what the table of defaults does not know."""
    filled = {"publiclyAccessible": False, "multiAz": False, "instanceClass": "a"}
    held = Resource(
        type=INSTANCE, name="db", parent="", inputs=filled, filled=frozenset({"publiclyAccessible", "multiAz"})
    )
    for now in ({"instanceClass": "a"}, {"instanceClass": "a", "publiclyAccessible": False}):
        assert changes((held,), (replace(held, inputs=now, filled=frozenset()),))[0].keys == ()
    opened = replace(held, inputs={"instanceClass": "a", "publiclyAccessible": True}, filled=frozenset())
    assert changes((held,), (opened,))[0].keys == ("publiclyAccessible",)


# Type, what the state says of it, whether it is protected, effect and rule.
STATES: list[tuple[str, dict[str, Any], tuple[tuple[Effect, str], ...]]] = [
    (INSTANCE, {"standing": Standing.GONE}, ((Effect.DATA_AT_RISK, "gone"),)),
    # `unable to replace resource ... as it is currently marked for protection`, says the engine.
    (INSTANCE, {"standing": Standing.GONE, "protect": True},
     ((Effect.BLOCKED, "protected"), (Effect.DATA_AT_RISK, "gone"))),
    (GROUP, {"standing": Standing.GONE, "protect": True},
     ((Effect.BLOCKED, "protected"), (Effect.DATA_AT_RISK, "gone"))),
    (GROUP, {"standing": Standing.GONE}, ((Effect.DATA_AT_RISK, "gone"),)),
    ("aws:s3/bucket:Bucket", {"standing": Standing.GONE}, ((Effect.DATA_AT_RISK, "gone"),)),
    (ALARM, {"standing": Standing.GONE}, ((Effect.REPLACE, "gone"),)),
    (INSTANCE, {"tainted": True}, ((Effect.DATA_AT_RISK, "tainted"),)),
    (INSTANCE, {"tainted": True, "protect": True}, ((Effect.BLOCKED, "protected"), (Effect.DATA_AT_RISK, "tainted"))),
    (ALARM, {"tainted": True}, ((Effect.REPLACE, "tainted"),)),
    (INSTANCE, {"failed": ("it timed out",)}, ((Effect.IN_PLACE, "not-at-rest"),)),
    (INSTANCE, {"standing": Standing.GOING}, ()),
    (INSTANCE, {"standing": Standing.UNFINISHED, "operation": "creating"}, ()),
    (INSTANCE, {"retain_on_delete": True}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "expected"), STATES)
def test_what_the_state_says_of_a_resource(
    kind: str, fields: dict[str, Any], expected: tuple[tuple[Effect, str], ...]
) -> None:
    held = Resource(type=kind, name="it", parent="", inputs={}, id="an-id", **fields)
    now = Resource(type=kind, name="it", parent="", inputs={}, protect=held.protect)
    found = judge(changes((held,), (now,)))
    assert tuple((each.effect, each.rule) for each in found) == expected


REPLICA, TARGET = {"replicateSourceDb": "a"}, "aws:rds/proxyTarget:ProxyTarget"
# Type and inputs of what goes with a primary, its options, what becomes of the primary, what is told.
ALONG: list[tuple[str, Inputs, dict[str, Any], dict[str, Any], tuple[tuple[Effect, str], ...]]] = [
    (INSTANCE, REPLICA, {}, {"dbName": "b"}, ((Effect.REPLACE, "replaced-with"),)),
    (TARGET, {}, {}, {"dbName": "b"}, ((Effect.REPLACE, "replaced-with"),)),
    ("aws:shop/thing:Thing", {}, {}, {"dbName": "b"}, ((Effect.DATA_AT_RISK, "replaced-with"),)),
    (INSTANCE, REPLICA, {"protect": True}, {"dbName": "b"},
     ((Effect.BLOCKED, "protected"), (Effect.REPLACE, "replaced-with"))),
    # One that is gone is made anew too, whatever the program says of its protection.
    (INSTANCE, REPLICA, {}, {"standing": Standing.GONE}, ((Effect.REPLACE, "replaced-with"),)),
    (INSTANCE, REPLICA, {"protect": True}, {"standing": Standing.GONE},
     ((Effect.BLOCKED, "protected"), (Effect.REPLACE, "replaced-with"))),
    (INSTANCE, REPLICA, {}, {"standing": Standing.GONE, "protect": True}, ()),
    # What stays, changes in place, or cannot be replaced takes nothing along.
    (INSTANCE, REPLICA, {}, {}, ()),
    (INSTANCE, REPLICA, {}, {"instanceClass": "b"}, ()),
    (INSTANCE, REPLICA, {}, {"dbName": "b", "protect": True}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "options", "primary", "expected"), ALONG)
def test_what_the_program_replaces_with_another(
    kind: str, inputs: Inputs, options: dict[str, Any], primary: dict[str, Any], expected: Any
) -> None:
    given = dict(primary)
    held = Resource(
        type=INSTANCE, name="first", parent="", urn="urn:1", id="db-1", inputs={"dbName": "a", "instanceClass": "a"},
        protect=given.pop("protect", False), standing=given.pop("standing", Standing.HELD),
    )  # fmt: skip
    along = Resource(
        type=kind, name="second", parent="", urn="urn:2", id="db-2", inputs=inputs, replace_with=("urn:1",), **options
    )
    third = replace(along, name="third", urn="urn:3", id="db-3", replace_with=("urn:2",))
    found = changes((held, along, third), (replace(held, inputs={**held.inputs, **given}), along, third))
    for name, before in (("second", "first"), ("third", "second")):
        goes = tuple((each.effect, each.rule) for each in judge(found) if each.name == name)
        # What is protected is not replaced, and so nothing is with it.
        assert goes == (expected if name == "second" or not options.get("protect") else ())
        assert {shown(each) for each in judge(found) if each.name == name} <= {f"replaced together with {before}"}


@pytest.mark.parametrize(
    ("fields", "effect"), [({}, Effect.DATA_AT_RISK), ({"inputs": REPLICA}, Effect.REPLACE)], ids=["primary", "replica"]
)
def test_a_marked_replica_loses_less_than_its_primary(fields: dict[str, Any], effect: Effect) -> None:
    held = Resource(
        **{"type": INSTANCE, "name": "it", "parent": "", "inputs": {}, "id": "i", "tainted": True, **fields}
    )
    assert [each.effect for each in judge(changes((held,), (replace(held, tainted=False),)))] == [effect]


def test_what_is_gone_and_no_longer_declared_is_no_deletion() -> None:
    held = Resource(type=INSTANCE, name="it", parent="", inputs={}, id="an-id", standing=Standing.GONE)
    assert changes((held,), ()) == ()


# Type, options, effect and rule of a deletion.
DELETED: list[tuple[str, dict[str, Any], Effect, str]] = [
    ("aws:dynamodb/table:Table", {}, Effect.DATA_AT_RISK, "deleted-unknown"),
    ("aws:dynamodb/table:Table", {"protect": True}, Effect.BLOCKED, "deleted-protected"),
    ("aws:dynamodb/table:Table", {"retain_on_delete": True}, Effect.IN_PLACE, "kept"),
    ("aws:iam/role:Role", {}, Effect.IN_PLACE, "deleted"),
    ("aws:secretsmanager/secret:Secret", {"protect": True}, Effect.BLOCKED, "deleted-protected"),
    (INSTANCE, {"retain_on_delete": True}, Effect.IN_PLACE, "kept"),
    (INSTANCE, {"retain_on_delete": True, "protect": True}, Effect.BLOCKED, "rds-delete-protected"),
]


@pytest.mark.parametrize(("kind", "options", "effect", "rule"), DELETED)
def test_a_deletion_of_any_type(kind: str, options: dict[str, Any], effect: Effect, rule: str) -> None:
    found = judge(changes((Resource(type=kind, name="it", parent="", inputs={}, id="i", **options),), ()))
    assert [(each.effect, each.rule) for each in found] == [(effect, rule)]


def size(allocated: Any, most: Any = None, **more: Any) -> Inputs:
    given = {"allocatedStorage": allocated, "maxAllocatedStorage": most, "storageType": "gp3", **more}
    return {key: value for key, value in given.items() if value is not None}


B, L, I, D = Effect.BLOCKED, Effect.DATA_AT_RISK, Effect.IN_PLACE, Effect.DOWNTIME  # noqa: E741 the columns stay narrow
# The file's storage, the program's, what is told.
STORAGE: list[tuple[Inputs, Inputs, list[tuple[Effect, str]]]] = [
    # RDS has grown it: the provider suppresses the difference while there is a maximum above what the program has.
    (size(150, 1000), size(100, 1000), []),
    (size("150", "1000"), size(100, 1000), []),
    (size(450, 1000, iops=12000, storageThroughput=500), size(100, 1000), []),
    (size(150, 1000), size(100, 500), [(I, "rds-autoscaling")]),
    (size(150, 1000), size(100, 150), [(L, "rds-autoscaling-off")]),
    (size(150, 1000), size(100, 120), [(B, "rds-autoscaling-below")]),
    (size(150, 1000), size(100, 164), [(B, "rds-autoscaling-below")]),
    (size(150, 1000), size(100, 165), [(I, "rds-autoscaling")]),
    (size(150, 1000), size(150, 0), [(L, "rds-autoscaling-off")]),
    (size(150, 1000), size(100, 100), [(B, "rds-storage-shrink"), (B, "rds-autoscaling-below")]),
    (size(150, 1000), size(100), [(B, "rds-storage-shrink"), (L, "rds-autoscaling-off")]),
    (size(150), size(100), [(B, "rds-storage-shrink")]),
    (size(150, 1000), size(200, 1000), [(I, "rds-storage-grow")]),
    # A replica: its program says no size.
    (size(150, 1000, replicateSourceDb="a"), size(None, 1000, replicateSourceDb="a"), []),
    # gp3 has another measure from 400 GiB on.
    (size(100), size(500), [(B, "rds-storage-step")]),
    (size(100), size(109), [(B, "rds-storage-small-step")]),
    (size("100"), size(110), [(I, "rds-storage-grow")]),
    (size(500), size(549), [(B, "rds-storage-small-step")]),
    (size(399), size(400), [(B, "rds-storage-step")]),
    (size("399"), size(400), [(B, "rds-storage-step")]),
    (size(100), size(399), [(I, "rds-storage-grow")]),
    (size(400), size(500), [(I, "rds-storage-grow")]),
    (size(400, iops=12000), size(500), [(I, "rds-storage-grow")]),
    (size(100), size(500, iops=12000), [(I, "rds-storage-grow"), (I, "rds-iops")]),
    (size(100), size(500, storageThroughput=500), [(B, "rds-storage-step"), (I, "rds-throughput")]),
    (size(100, storageType="io1", iops=1000), size(500, storageType="io1", iops=1000), [(I, "rds-storage-grow")]),
    (size(100, 1000), size(500, 1000), [(B, "rds-storage-step")]),
    (size(450, 1000, iops=12000), size(100, 1000, iops=16000), [(I, "rds-iops")]),
    (size(100, instanceClass="a"), size(500, instanceClass="b"), [(B, "rds-storage-step"), (D, "rds-class")]),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "expected"), STORAGE)
def test_storage(was: Inputs, now: Inputs, expected: list[tuple[Effect, str]]) -> None:
    before, after = (Resource(type=INSTANCE, name="db", parent="", inputs=side) for side in (was, now))
    assert [(each.effect, each.rule) for each in judge(changes((before,), (after,)))] == expected
    if expected and expected[0][1] == "rds-storage-step":
        (told, *_) = judge(changes((before,), (after,)))
        assert "iops in the same change" in told.way_round
