"""CloudWatch alarms, dashboards, log groups and their metric filters in the emulator."""

from __future__ import annotations

from typing import Any

from graph import types
from graph.naming import physical_name
from graph.resource import Resource
from local.handlers.emulated import Emulated, Inputs, Outputs, given, pages, tags
from local.state import Entry

METRIC_ALARM = {
    "alarmDescription": "AlarmDescription",
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
    "comparisonOperator": "ComparisonOperator",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "metricName": "MetricName",
    "namespace": "Namespace",
    "period": "Period",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "threshold": "Threshold",
    "thresholdMetricId": "ThresholdMetricId",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
}
WHOLE = ("evaluationPeriods", "datapointsToAlarm", "period")
"""Counts that arrive from Pulumi as floating-point numbers."""

COMPOSITE_ALARM = {
    "alarmRule": "AlarmRule",
    "alarmDescription": "AlarmDescription",
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
}


def _alarms(client: Any) -> dict[str, Any]:
    # the emulator cuts its answer at MaxRecords, 100 by default, and has no next page (ministack 1.4)
    found = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100_000)
    return {alarm["AlarmName"]: alarm for field in ("MetricAlarms", "CompositeAlarms") for alarm in found[field]}


def _metric_alarm(client: Any, _: object, resource: Resource) -> Outputs:
    name = physical_name(resource)
    whole = {key: int(resource.inputs[key]) for key in WHOLE if resource.inputs.get(key) is not None}
    inputs = {**resource.inputs, **whole}
    dimensions = [{"Name": key, "Value": str(value)} for key, value in (inputs.get("dimensions") or {}).items()]
    arguments = given(inputs, METRIC_ALARM)
    if inputs.get("metricQueries"):
        arguments["Metrics"] = [metric_query(query) for query in inputs["metricQueries"]]
    elif dimensions:
        arguments["Dimensions"] = dimensions
    client.put_metric_alarm(AlarmName=name, **arguments)
    return {"id": name, "name": name, "arn": _arn(client, name)}


def metric_query(query: dict[str, Any]) -> dict[str, Any]:
    """A query of a metric alarm as PutMetricAlarm takes it."""
    made = given(query, {"id": "Id", "expression": "Expression", "label": "Label", "returnData": "ReturnData"})
    if query.get("period"):
        made["Period"] = int(query["period"])
    metric = query.get("metric")
    if metric:
        made["MetricStat"] = {
            "Metric": {
                **given(metric, {"namespace": "Namespace", "metricName": "MetricName"}),
                "Dimensions": [{"Name": k, "Value": str(v)} for k, v in (metric.get("dimensions") or {}).items()],
            },
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
        }
    return made


def _composite_alarm(client: Any, _: object, resource: Resource) -> Outputs:
    name = physical_name(resource, "alarmName")
    client.put_composite_alarm(
        AlarmName=name, **given(resource.inputs, COMPOSITE_ALARM), **_suppressor(resource.inputs)
    )
    return {"id": name, "alarmName": name, "arn": _arn(client, name)}


def _suppressor(inputs: Inputs) -> dict[str, Any]:
    said = inputs.get("actionsSuppressor")
    if not said:
        return {}
    return {
        "ActionsSuppressor": said["alarm"],
        "ActionsSuppressorWaitPeriod": int(said["waitPeriod"]),
        "ActionsSuppressorExtensionPeriod": int(said["extensionPeriod"]),
    }


def _arn(client: Any, name: str) -> str:
    from local.emulator import arn

    return arn("cloudwatch", client.meta.region_name, f"alarm:{name}")


def _delete_alarm(client: Any, entry: Entry) -> None:
    client.delete_alarms(AlarmNames=[entry["id"]])


def _groups(client: Any) -> dict[str, Any]:
    return {group["logGroupName"]: group for group in pages(client, "describe_log_groups", "logGroups")}


def _create_group(client: Any, name: str, resource: Resource) -> Outputs:
    client.create_log_group(logGroupName=name, tags={tag["Key"]: tag["Value"] for tag in tags(resource)})
    return _update_group(client, {"logGroupName": name}, resource)


def _update_group(client: Any, found: Any, resource: Resource) -> Outputs:
    from local.emulator import arn

    name = found["logGroupName"]
    if resource.inputs.get("retentionInDays"):
        client.put_retention_policy(logGroupName=name, retentionInDays=int(resource.inputs["retentionInDays"]))
    return {"id": name, "name": name, "arn": arn("logs", client.meta.region_name, f"log-group:{name}")}


def _filters(client: Any) -> dict[str, Any]:
    found = pages(client, "describe_metric_filters", "metricFilters")
    return {f"{each['logGroupName']}:{each['filterName']}": each for each in found}


def _metric_filter(client: Any, _: object, resource: Resource) -> Outputs:
    group, name = str(resource.inputs["logGroupName"]), physical_name(resource)
    client.put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=resource.inputs["pattern"],
        metricTransformations=[transformation(resource.inputs["metricTransformation"])],
    )
    return {"id": f"{group}:{name}", "name": name}


def transformation(said: dict[str, Any]) -> dict[str, Any]:
    """A filter's metric as PutMetricFilter takes it."""
    made = given(said, {"namespace": "metricNamespace", "name": "metricName", "value": "metricValue", "unit": "unit"})
    if said.get("defaultValue") is not None:
        made["defaultValue"] = float(said["defaultValue"])
    return made


def _delete_filter(client: Any, entry: Entry) -> None:
    group, _, name = entry["id"].partition(":")
    client.delete_metric_filter(logGroupName=group, filterName=name)


def _dashboards(client: Any) -> dict[str, Any]:
    return {each["DashboardName"]: each for each in client.list_dashboards()["DashboardEntries"]}


def _dashboard(client: Any, _: object, resource: Resource) -> Outputs:
    from local.emulator import arn

    name = physical_name(resource, "dashboardName")
    client.put_dashboard(DashboardName=name, DashboardBody=resource.inputs["dashboardBody"])
    return {"id": name, "dashboardName": name, "dashboardArn": arn("cloudwatch", "", f"dashboard/{name}")}


MONITORING = {
    types.DASHBOARD: Emulated(
        "cloudwatch",
        "dashboards",
        _dashboards,
        lambda resource, _: physical_name(resource, "dashboardName"),
        _dashboard,
        _dashboard,
        lambda client, entry: client.delete_dashboards(DashboardNames=[entry["id"]]),
    ),
    types.LOG_FILTER: Emulated(
        "logs",
        "metric filters",
        _filters,
        lambda resource, _: f"{resource.inputs['logGroupName']}:{physical_name(resource)}",
        _metric_filter,
        _metric_filter,
        _delete_filter,
    ),
    types.METRIC_ALARM: Emulated(
        "cloudwatch",
        "alarms",
        _alarms,
        lambda resource, _: physical_name(resource),
        _metric_alarm,
        _metric_alarm,
        _delete_alarm,
    ),
    types.COMPOSITE_ALARM: Emulated(
        "cloudwatch",
        "alarms",
        _alarms,
        lambda resource, _: physical_name(resource, "alarmName"),
        _composite_alarm,
        _composite_alarm,
        _delete_alarm,
    ),
    types.LOG_GROUP: Emulated(
        "logs",
        "groups",
        _groups,
        lambda resource, _: physical_name(resource),
        _create_group,
        _update_group,
        lambda client, entry: client.delete_log_group(logGroupName=entry["id"]),
    ),
}
