"""The in-process monitor: what a program declares reaches the substrate, and what comes back reaches the program."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from graph.cloud import Made
from graph.errors import CloudError
from graph.resource import Resource
from runtime.monitor import run_program


class Recorder:
    """A substrate that answers from a table and refuses what is not in it."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[Resource] = []

    def ensure(self, resource: Resource) -> Made:
        self.asked.append(resource)
        if resource.name not in self.answers:
            raise CloudError(f"{resource.name} is not in the table")
        return Made(id=f"{resource.name}-id", outputs=self.answers[resource.name])

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        raise CloudError(f"no answer to {token}")


class Holder(pulumi.ComponentResource):
    """A component with two children, one inside the other's data flow."""

    def __init__(self, name: str) -> None:
        super().__init__("data-tier:index:Holder", name)
        options = pulumi.ResourceOptions(parent=self, protect=True, ignore_changes=["displayName"])
        topic = aws.sns.Topic("topic", display_name="told", tags={"n": "1"}, opts=options)
        aws.sns.TopicPolicy("policy", arn=topic.arn, policy="{}", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def test_declarations_arrive_with_parent_and_options() -> None:
    cloud = Recorder(topic={"arn": "arn:topic"}, policy={})
    deployment = run_program("dev", lambda: Holder("holder") and None, cloud, {})
    holder, topic, policy = sorted(deployment.resources, key=lambda r: r.name)[0:1] + cloud.asked
    assert holder.urn == "urn:pulumi:dev::data-tier::data-tier:index:Holder::holder"
    assert topic.urn == "urn:pulumi:dev::data-tier::data-tier:index:Holder$aws:sns/topic:Topic::topic"
    assert (topic.parent, topic.protect, topic.ignore_changes) == (holder.urn, True, ("displayName",))
    assert policy.inputs == {"arn": "arn:topic", "policy": "{}"}
    assert topic.urn in policy.depends_on


def test_secrets_stay_marked_from_output_to_input_and_export() -> None:
    cloud = Recorder(password={"result": "hunter2"}, topic={"arn": "arn:topic"})

    def program() -> None:
        password = random.RandomPassword("password", length=12)
        aws.sns.Topic("topic", display_name=password.result)
        pulumi.export("password", password.result)
        pulumi.export("plain", {"a": ["b"]})

    deployment = run_program("dev", program, cloud, {})
    topic = cloud.asked[1]
    assert (topic.inputs["displayName"], topic.secret_inputs) == ("hunter2", frozenset({"displayName"}))
    assert cloud.asked[0].inputs == {"length": 12}
    assert deployment.outputs == {"password": "[secret]", "plain": {"a": ["b"]}}


def test_configuration_is_the_stacks() -> None:
    seen: list[Any] = []

    def program() -> None:
        config = pulumi.Config("data-tier")
        seen.extend([pulumi.get_stack(), config.get("profile"), config.get_object("network")])

    run_program("prod", program, Recorder(), {"data-tier:profile": "prod", "data-tier:network": {"zones": 3}})
    assert seen == ["prod", "prod", {"zones": 3}]


@pytest.mark.parametrize("times", [1, 2])
def test_the_first_failure_is_the_one_that_is_told(times: int) -> None:
    def program() -> None:
        topics = [aws.sns.Topic(f"missing-{number}") for number in range(times)]
        aws.sns.TopicPolicy("after", arn=topics[0].arn, policy="{}")

    with pytest.raises(CloudError, match="missing-0 is not in the table"):
        run_program("dev", program, Recorder(), {})


def test_a_programs_own_error_is_told_as_it_is() -> None:
    def program() -> None:
        raise ValueError("of the program")

    with pytest.raises(ValueError, match="of the program"):
        run_program("dev", program, Recorder(), {})


def test_a_look_up_without_an_answer_is_refused() -> None:
    with pytest.raises(Exception, match="no answer to aws:index/getCallerIdentity"):
        run_program("dev", lambda: aws.get_caller_identity() and None, Recorder(), {})
