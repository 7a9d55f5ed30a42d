"""The dashboard of each stack: CloudWatch's own structure, every alarm in it, its address among the outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clinic_project import CLINIC
from dashboard_schema import problems
from recorded_program import recorded

from infra.settings.stackfile import read_stack

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_the_dashboards_of_the_stacks(stack: str) -> None:
    deployment = recorded(stack, read_stack(CLINIC, stack))
    (made,) = [each for each in deployment.resources if each.type == "aws:cloudwatch/dashboard:Dashboard"]
    assert made.inputs["dashboardName"] == f"clinic-{stack}"
    parsed = json.loads(made.inputs["dashboardBody"])
    assert problems(parsed) == []
    shown = {arn for each in parsed["widgets"] if each["type"] == "alarm" for arn in each["properties"]["alarms"]}
    kinds = ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm")
    assert len(shown) == len([each for each in deployment.resources if each.type in kinds])
    url = (
        f"https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/clinic-{stack}"
    )
    assert deployment.outputs["dashboard"] == url
