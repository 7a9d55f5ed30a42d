"""What is left out of the SDK's work without an engine: the names are still the SDK's, and the answers the same."""

from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import _types
from pulumi.runtime import resource

from graph.cloud import Made
from graph.resource import Resource
from runtime.monitor import run_program

GENUINE = {
    "stack": resource._get_stack_trace,
    "urn": resource.create_urn,
    "unwrap": _types.unwrap_type,
}
URNS = ["urn:pulumi:live::shop::a:b:C::top", "urn:pulumi:live::shop::a:b:C$d:e:F::in::side"]


class Echo:
    def ensure(self, resource: Resource) -> Made:
        return Made(id=resource.name)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(token)


def test_a_urn_of_words_is_the_sdks_and_no_stack_is_walked() -> None:
    seen: list[Any] = []

    def program() -> None:
        topic = aws.sns.Topic("orders")
        for parent in (*URNS, None, topic):
            both = (resource.create_urn("name", "g:h:I", parent), GENUINE["urn"]("name", "g:h:I", parent))
            pulumi.Output.all(*both).apply(seen.append)
        seen.append(list(resource._get_stack_trace().frames))
        for hint in (str | None, pulumi.Output[str], pulumi.Output[list[str]], list[str] | None):
            assert _types.unwrap_type(hint) == GENUINE["unwrap"](hint)  # type: ignore[arg-type]

    run_program("live", program, Echo(), {}, workers=0)
    urns = [pair for pair in seen if pair]
    assert [] in seen
    assert len(urns) == 4
    assert all(ours == theirs for ours, theirs in urns)


def test_the_sdk_is_as_it_was_afterwards_even_where_the_program_failed() -> None:
    def program() -> None:
        raise ValueError("of the program")

    for run in (lambda: None, program):
        try:
            run_program("live", run, Echo(), {}, workers=0)
        except ValueError:
            assert run is program
        assert {
            "stack": resource._get_stack_trace,
            "urn": resource.create_urn,
            "unwrap": _types.unwrap_type,
        } == GENUINE
