"""`datatier alarms` against the emulator of a tier: what rings, arrives and is put back, killed proofs included."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from project_folder import DATATIER, Project

from alarms.prove.bell import Bell, bells
from alarms.prove.mailbox import PREFIX, Mailbox, MailboxBusyError
from alarms.prove.outcome import Clients
from alarms.prove.ringer import Ringer
from alarms.prove.run import prove
from bootstrap.aws import aws_client
from graph.types import COMPOSITE_ALARM, METRIC_ALARM
from local.emulator import tier_endpoint
from local.state import StateDir

pytestmark = pytest.mark.server
DOWN, HIGH = "clinic-local-primary-down", "clinic-local-primary-cpu-high"
TOPIC = "arn:aws:sns:eu-west-1:000000000000:clinic-local-warning"


class Emulator:
    """What the emulator of the tier holds."""

    def __init__(self, folder: Path) -> None:
        state = StateDir(folder, "local")
        endpoint = tier_endpoint(state, state.ports["emulator"])
        made = {each: aws_client(each, "eu-west-1", endpoint) for each in ("cloudwatch", "sns", "sqs", "kms")}
        self.clients = Clients(**made, enforcing=False)
        self.names = [e["id"] for e in state.resources.values() if e["type"] in (METRIC_ALARM, COMPOSITE_ALARM)]

    @property
    def bells(self) -> dict[str, Bell]:
        return bells(self.clients.cloudwatch, self.names)

    @property
    def queues(self) -> list[str]:
        return self.clients.sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls") or []

    @property
    def subscriptions(self) -> list[str]:
        held = self.clients.sns.get_paginator("list_subscriptions").paginate().build_full_result()["Subscriptions"]
        return [each["Endpoint"] for each in held]

    def untouched(self, before: dict[str, Bell]) -> None:
        """Every state and reason are what they were, and nothing was left."""
        after = self.bells
        assert {name: bell.before for name, bell in after.items()} == {n: bell.before for n, bell in before.items()}
        assert {name: bell.state for name, bell in after.items()} == {n: bell.before[0] for n, bell in before.items()}
        assert [bell.name for bell in after.values() if bell.left_over] == []
        assert self.queues == []
        assert self.subscriptions == []


@pytest.fixture
def emulator(tier: Project) -> Iterator[Emulator]:
    """The tier's emulator; a test leaves it as it found it."""
    made = Emulator(tier.folder)
    before = made.bells
    yield made
    made.untouched(before)


def test_every_alarm_arrives_and_is_put_back(tier: Project, emulator: Emulator) -> None:
    told = tier.ok("alarms", "prove", "--json").json
    assert (told["proved"], told["left"], told["cleared"]) == (True, [], [])
    assert sorted((each["alarm"], each["arrived"], each["why"]) for each in told["outcomes"]) == sorted(
        (name, True, "") for name in emulator.names
    )
    assert len(emulator.names) > 80
    assert all(each["topic"].startswith("arn:aws:sns:") and each["seconds"] < 10 for each in told["outcomes"])
    assert told["seconds"] < 10


def test_it_says_in_words_what_it_did(tier: Project, emulator: Emulator) -> None:
    out = tier.ok("alarms", "prove").out
    count = len(emulator.names)
    assert f"local: {count} of {count} notifications arrived, the slowest after" in out
    assert "unheard clinic-local-critical: nobody subscribes; set data-tier:notify" in out
    assert "the emulator delivers whatever policies say" in out


def test_an_alarm_that_rings_already_is_proved_and_goes_on(tier: Project, emulator: Emulator) -> None:
    cloudwatch, before = emulator.clients.cloudwatch, emulator.bells[HIGH]
    try:
        cloudwatch.set_alarm_state(AlarmName=HIGH, StateValue="ALARM", StateReason="hot")
        for _ in range(2):  # the reason survives any number of proofs
            assert tier.ok("alarms", "prove", "--json").json["proved"]
            assert (emulator.bells[HIGH].state, emulator.bells[HIGH].before) == ("ALARM", ("ALARM", "hot"))
    finally:
        cloudwatch.set_alarm_state(AlarmName=HIGH, StateValue=before.state, StateReason=before.before[1])


def lost(tier: Project, *words: str) -> list[tuple[str, str]]:
    answer = tier.run("alarms", "prove", "--json", *words)
    assert answer.code == 1, answer.err
    assert answer.json["proved"] is False
    return sorted((each["alarm"], each["why"]) for each in answer.json["outcomes"] if not each["arrived"])


def test_disabled_actions_are_told(tier: Project, emulator: Emulator) -> None:
    emulator.clients.cloudwatch.disable_alarm_actions(AlarmNames=[HIGH])
    try:
        assert lost(tier) == [(HIGH, "has its actions disabled")]
    finally:
        emulator.clients.cloudwatch.enable_alarm_actions(AlarmNames=[HIGH])


def again(emulator: Emulator, name: str, **new: Any) -> Callable[[], None]:
    """Change an alarm in place; returns what undoes it."""
    cloudwatch = emulator.clients.cloudwatch
    (held,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    keys = (
        "AlarmName", "MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "DatapointsToAlarm",
        "Threshold", "ComparisonOperator", "Dimensions", "AlarmActions", "OKActions", "TreatMissingData",
        "AlarmDescription", "ActionsEnabled",
    )  # fmt: skip
    whole = {key: held[key] for key in keys if held.get(key) is not None}

    def undo() -> None:
        cloudwatch.put_metric_alarm(**whole)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=held["StateValue"], StateReason=held["StateReason"])

    cloudwatch.put_metric_alarm(**{**whole, **new})
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=held["StateValue"], StateReason=held["StateReason"])
    return undo


@pytest.mark.parametrize(
    ("actions", "why"),
    [
        ([], "does nothing in ALARM"),
        (["arn:aws:lambda:eu-west-1:0:function:f"], "speaks to no topic (arn:aws:lambda:eu-west-1:0:function:f)"),
        ([f"{TOPIC}2"], f"speaks to {TOPIC}2, which is not there"),
    ],
)
def test_an_alarm_without_a_way_is_told(tier: Project, emulator: Emulator, actions: list[str], why: str) -> None:
    undo = again(emulator, HIGH, AlarmActions=actions)
    try:
        assert lost(tier) == [(HIGH, why)]
    finally:
        undo()


def test_a_message_that_does_not_come_is_told(emulator: Emulator) -> None:
    """The emulator drops nothing by itself: here the queue hears a topic by a filter that lets nothing through."""
    sns = emulator.clients.sns

    class Deaf:
        def __getattr__(self, name: str) -> Any:
            return getattr(sns, name)

        def subscribe(self, **arguments: Any) -> Any:
            nothing = {"FilterPolicy": json.dumps({"severity": ["none"]})}
            more = {"Attributes": nothing} if arguments["TopicArn"] == TOPIC else {}
            return sns.subscribe(**arguments, **more)

    held = emulator.clients
    clients = Clients(cloudwatch=held.cloudwatch, sns=Deaf(), sqs=held.sqs, kms=held.kms, enforcing=False)
    names = [DOWN, HIGH, "clinic-local-primary-page"]
    proof = prove(clients, "local", names, "ab12", limit=2, alone=True)
    assert not proof.proved
    assert sorted((each.alarm, each.arrived, each.why) for each in proof.outcomes) == [
        (HIGH, False, "nothing came in 2 s"),
        (DOWN, False, "nothing came in 2 s"),
        ("clinic-local-primary-page", True, ""),
    ]


def test_policies_that_the_emulator_ignores_are_judged(tier: Project, emulator: Emulator) -> None:
    sns, kms = emulator.clients.sns, emulator.clients.kms
    held = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    document = json.loads(held["Policy"])
    shut = {**document, "Statement": [one for one in document["Statement"] if one["Sid"] != "Alarms"]}
    key = held["KmsMasterKeyId"].rpartition("/")[2]
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    try:
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=json.dumps(shut))
        found = dict(lost(tier))
        assert DOWN in found
        assert "clinic-local-primary-page" not in found
        no = "no statement allows sns:Publish to cloudwatch.amazonaws.com"
        assert set(found.values()) == {f"it arrived here, and AWS would drop it (topic policy: {no})"}
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=held["Policy"])
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy.replace("kms:Decrypt", "kms:Encrypt"))
        found = dict(lost(tier))
        assert sorted(found) == sorted(emulator.names)
        assert all("key policy: no statement allows kms:Decrypt to cloudwatch" in why for why in found.values())
    finally:
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=held["Policy"])
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


def begun(tier: Project, emulator: Emulator) -> subprocess.Popen[str]:
    """A proof in a process of its own that has set an alarm or more."""
    process = subprocess.Popen(
        [DATATIER, "alarms", "prove"], cwd=tier.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not any(bell.left_over for bell in emulator.bells.values()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
    return process


def test_a_killed_proof_is_put_right_by_the_next(tier: Project, emulator: Emulator) -> None:
    process = begun(tier, emulator)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    held = [bell.name for bell in emulator.bells.values() if bell.left_over]
    assert held
    assert len(emulator.queues) == 1
    assert emulator.subscriptions != []
    told = tier.ok("alarms", "prove", "--json").json
    assert told["proved"]
    assert sorted(told["cleared"]) == sorted([*held, *(name for name in told["cleared"] if PREFIX in name)])
    assert sum(PREFIX in name for name in told["cleared"]) == 1


def test_a_proof_that_is_asked_to_end_puts_back_itself(tier: Project, emulator: Emulator) -> None:
    process = begun(tier, emulator)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_signal_waits_until_everything_is_put_back(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Ringer.restore

    def restore(self: Ringer) -> list[str]:
        signal.raise_signal(signal.SIGTERM)
        return whole(self)

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    monkeypatch.setattr(Ringer, "restore", restore)
    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(SystemExit) as ended:
            prove(emulator.clients, "local", emulator.names, "ee55", limit=5, alone=True)
        assert (ended.value.code, signal.getsignal(signal.SIGTERM)) == (143, end)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_two_proofs_of_one_tier_take_turns(tier: Project, emulator: Emulator) -> None:
    both = [
        subprocess.Popen([DATATIER, "alarms", "prove", "--json"], cwd=tier.folder, text=True, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert [(each["proved"], each["cleared"]) for each in told] == [(True, []), (True, [])]


def test_without_a_lock_the_queues_lease_keeps_the_second_away(emulator: Emulator) -> None:
    held = emulator.clients
    first = Mailbox(held.sqs, held.sns, "local", "aa11")
    first.open([TOPIC], time.time())
    with pytest.raises(
        MailboxBusyError, match=r"another proof of this stack is running \(queue datatier-prove-local--aa11\)"
    ):
        prove(held, "local", [DOWN], "bb22", limit=5, alone=False)
    elsewhere = prove(held, "other", [DOWN], "bb22", limit=5, alone=False)
    assert (elsewhere.proved, elsewhere.cleared) == (True, [])
    first.renew(time.time() - 3600)  # as if its proof had died an hour ago
    proof = prove(held, "local", [DOWN], "cc33", limit=5, alone=False)
    assert (proof.proved, proof.cleared) == (True, [first.name])


def test_what_the_ringer_fails_at_still_leaves_nothing(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    whole = Ringer.ring

    def ring(self: Ringer, bell: Bell) -> None:
        rung.append(bell.name)
        if len(rung) == 20:
            raise RuntimeError("the network is gone")
        whole(self, bell)

    monkeypatch.setattr(Ringer, "ring", ring)
    with pytest.raises(RuntimeError, match="the network is gone"):
        prove(emulator.clients, "local", emulator.names, "dd44", limit=5, alone=True)
    assert len(rung) >= 20


def test_the_list_shows_the_state(tier: Project, emulator: Emulator) -> None:
    rows = {row["name"]: row for row in tier.ok("alarms", "list", "--json").json}
    assert set(rows) == set(emulator.names)
    row = rows[DOWN]
    assert {key: row[key] for key in row if key not in ("rings", "datapoints", "of", "missing")} == {
        "name": DOWN,
        "severity": "critical",
        "metric": "RDS DatabaseConnections",
        "topics": ["clinic-local-warning"],
        "heard_by": {},
        "state": "INSUFFICIENT_DATA",
    }
    out = tier.ok("alarms", "list").out
    assert all(name in out for name in emulator.names)
    assert "INSUFFICIENT_DATA" in out
    assert "INSUFFICIENT_DATA" not in tier.ok("alarms", "list", "dev").out  # not up: no state


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("prove", "nope"), 1, "stack `nope` was not brought up"),
        (("prove", "dev"), 1, "stack `dev` was not brought up"),
        (("prove", "--aws"), 2, "--aws needs the stack"),
        (("prove", "prod", "--aws"), 2, "recipients will be notified of every alarm: say --yes."),
        (("check", "nope"), 2, "nope"),
        (("list", "nope"), 2, "nope"),
    ],
)
def test_what_cannot_be_is_one_sentence(tier: Project, words: tuple[str, ...], code: int, sentence: str) -> None:
    answer = tier.run("alarms", *words)
    assert (answer.code, answer.out) == (code, "")
    assert sentence in answer.err
    assert len(answer.err.strip().splitlines()) == 1


def test_without_credentials_it_says_so(tier: Project, tmp_path: Path) -> None:
    nobody = {"AWS_CONFIG_FILE": str(tmp_path / "no"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no")}
    answer = tier.run("alarms", "prove", "prod", "--aws", "--yes", env={**nobody, "AWS_EC2_METADATA_DISABLED": "true"})
    assert answer.code == 1
    assert "log in (`aws sso login`) or set AWS_PROFILE" in answer.err


def test_check_by_its_exit_code(tier: Project) -> None:
    assert tier.ok("alarms", "check", "dev", "--json").json["findings"] != []  # nobody to wake there: warnings
    told = tier.run("alarms", "check", "prod", "--json")
    assert told.code == 3
    assert {each["what"] for each in told.json["findings"]} == {"nobody subscribes to it"}
    file = tier.folder / "Pulumi.heard.yaml"
    text = (tier.folder / "Pulumi.prod.yaml").read_text("utf-8")
    who = ", ".join(f"{level}: [{{email: {level}@example.org}}]" for level in ("critical", "warning", "info"))
    file.write_text(f"{text}  data-tier:notify: {{{who}}}\n", encoding="utf-8")
    try:
        out = tier.ok("alarms", "check", "heard").out
    finally:
        file.unlink()
    assert "every one arrives" in out
