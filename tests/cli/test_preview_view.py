"""What a person reads first of a preview: what is wrong, then how many of what; changes whole, resources on request."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli import preview_view
from graph.resource import Resource
from preview.impact.effect import Effect, Impact
from preview.plan import Preview, PreviewFinding
from preview.preflight import Preflight

FINDINGS = (PreviewFinding(severity="error", rule="rds-public", resource="shop-db", message="it is public."),)
POLICY = '{"Statement": "' + "s" * 300 + '"}'
MADE = Preview(
    stack="shop-eu",
    findings=FINDINGS,
    resources=(
        Resource(type="data-tier:db:Postgres", name="orders", parent="", inputs={}),
        Resource(type="data-tier:db:Primary", name="orders-primary", parent="orders", inputs={}),
        Resource(type="aws:rds/instance:Instance", name="db", parent="orders-primary", inputs={"engine": "postgres"}),
        Resource(type="aws:rds/instance:Instance", name="db-2", parent="orders", inputs={"engine": POLICY}),
        Resource(type="aws:sns/topic:Topic", name="alone", parent="", inputs={}),
    ),
)


def shown(every: bool = False, made: Preview = MADE) -> list[str]:
    out = Console(file=io.StringIO(), width=1000, soft_wrap=True, highlight=False)
    preview_view.preview(out, made, every=every)
    return out.file.getvalue().splitlines()  # type: ignore[attr-defined,no-any-return]


SUMMARY = [
    "error rds-public (shop-db): it is public.",
    "shop-eu: 5 resources; 1 error",
    "component  resource          count",
    "(none)     aws.sns.Topic     1",
    "orders     aws.rds.Instance  2",
]


def test_findings_come_first_then_the_count_by_component_and_type() -> None:
    assert shown() == [*SUMMARY, "--all lists every resource, --json with all its inputs"]


def test_all_lists_every_resource_below_its_component_and_cuts_nothing() -> None:
    assert shown(every=True) == [
        *SUMMARY,
        "orders Postgres",
        "  orders-primary Primary",
        "    db aws.rds.Instance engine=postgres",
        f"  db-2 aws.rds.Instance engine={POLICY}",
        "alone aws.sns.Topic",
    ]


def test_a_parent_is_known_by_its_urn_too() -> None:
    top = "urn:pulumi:live::shop::shop:index:Tier::tier"
    resources = (
        Resource(type="data-tier:db:Tier", name="tier", urn=top, inputs={}),
        Resource(type="aws:rds/instance:Instance", name="orders", parent=top, inputs={"engine": "postgres"}),
    )
    lines = shown(every=True, made=Preview(stack="live", resources=resources, findings=()))
    assert lines[0] == "live: 2 resources; no findings"
    assert lines[2] == "tier       aws.rds.Instance  1"
    assert lines[-2:] == ["tier Tier", "  orders aws.rds.Instance engine=postgres"]


@pytest.mark.parametrize("effect", [Effect.IN_PLACE, Effect.REPLACE])
def test_a_change_is_shown_in_full(effect: Effect) -> None:
    impact = Impact(
        name="orders-policy",
        type="aws:sns/topicPolicy:TopicPolicy",
        key="policy",
        before=POLICY,
        after=None,
        effect=effect,
        users="nothing",
        takes_effect="now",
        rule="r",
        source="s",
        way_round="",
    )
    report = Preflight(
        stack="shop-eu", created=0, updated=1, deleted=0, same=4, replaced=0, impacts=(impact,), findings=FINDINGS
    )
    out = Console(file=io.StringIO(), width=10_000, soft_wrap=True, highlight=False)
    preview_view.preflight(out, report)
    lines = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "error rds-public (shop-db): it is public."
    assert lines[1].startswith("shop-eu: ")
    assert f"policy: {POLICY} → none" in lines[2]
