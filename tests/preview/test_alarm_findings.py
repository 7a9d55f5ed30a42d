"""The static proof of delivery as findings of the preview."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from graph.deployment import Deployment
from infra.settings.stackfile import read_stack
from preview.findings.alarms import alarm_findings
from preview.plan import PreviewFinding

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return recorded("prod", read_stack(CLINIC, "prod"))


def broken(whole: Deployment, name: str, **inputs: Any) -> Deployment:
    resources = [
        replace(each, inputs={**each.inputs, **inputs}) if each.name == name else each for each in whole.resources
    ]
    return replace(whole, resources=resources)


def test_the_committed_stack_has_none(deployment: Deployment) -> None:
    """Nobody subscribes to its topics: `notify-nobody` says that already."""
    assert alarm_findings(deployment, "eu-west-1") == ()


def test_one_fault_is_one_finding_whatever_it_silences(deployment: Deployment) -> None:
    whole = broken(deployment, "notifications-critical", kmsMasterKeyId="alias/aws/sns")
    (found,) = alarm_findings(whole, "eu-west-1")
    assert found == PreviewFinding(
        severity="error",
        rule="alarm-key",
        resource="notifications-critical",
        message="it is encrypted with alias/aws/sns, whose policy shuts cloudwatch.amazonaws.com out. Mend: encrypt it "
        "with a customer-managed key that names the publisher. Silenced: " + found.message.rpartition(": ")[2],
    )
    assert "-page" in found.message
    assert found.message.endswith(" more.")


def test_a_warning_stays_one(deployment: Deployment) -> None:
    (found,) = alarm_findings(broken(deployment, "alarms-primary-cpu-high", okActions=[]), "eu-west-1")
    assert found == PreviewFinding(
        severity="warning",
        rule="alarm-action",
        resource="alarms-primary-cpu-high",
        message="nobody hears when it is over. Mend: give it a topic in okActions. "
        "Silenced: clinic-prod-primary-cpu-high.",
    )
