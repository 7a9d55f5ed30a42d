"""Topics, subscriptions to RDS's events and metric alarms, as the provider reads them for an import. Pure.

Sources: terraform-provider-aws, internal/service: sns/topic.go, rds/event_subscription.go, cloudwatch/metric_alarm.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adopt.estate import Described, Estate
from adopt.live.place import import_id, region_in, tags_of
from adopt.live.resource import LiveResource
from graph.types import EVENT_SUBSCRIPTION, METRIC_ALARM, TOPIC


def topics(estate: Estate) -> Iterator[LiveResource]:
    """By their ARNs, which name the region."""
    for each in estate.around.topics:
        arn = str(each["TopicArn"])
        yield LiveResource(
            type=TOPIC,
            id=arn,
            name=arn.rpartition(":")[2],
            region=region_in(arn, estate),
            inputs={
                "contentBasedDeduplication": each.get("ContentBasedDeduplication") == "true",
                "deliveryPolicy": each.get("DeliveryPolicy"),
                "displayName": each.get("DisplayName"),
                "fifoTopic": each.get("FifoTopic") == "true",
                "kmsMasterKeyId": each.get("KmsMasterKeyId"),
                "name": arn.rpartition(":")[2],
                "policy": each.get("Policy"),
                "signatureVersion": int(each["SignatureVersion"]) if each.get("SignatureVersion") else None,
                "tags": tags_of(arn, estate),
                "tracingConfig": each.get("TracingConfig"),
            },
            outputs={"arn": arn, "owner": each.get("Owner")},
        )


def subscriptions(estate: Estate) -> Iterator[LiveResource]:
    """To events of RDS."""
    for each in estate.around.event_subscriptions:
        name, arn = str(each["CustSubscriptionId"]), str(each.get("EventSubscriptionArn", ""))
        region = region_in(arn, estate)
        yield LiveResource(
            type=EVENT_SUBSCRIPTION,
            id=import_id(name, region, estate),
            name=name,
            region=region,
            inputs={
                "enabled": each.get("Enabled"),
                "eventCategories": list(each.get("EventCategoriesList") or ()),
                "name": name,
                "snsTopic": each.get("SnsTopicArn"),
                "sourceIds": list(each.get("SourceIdsList") or ()),
                "sourceType": each.get("SourceType"),
                "tags": tags_of(arn, estate),
            },
            outputs={"arn": arn, "customerAwsId": each.get("CustomerAwsId")},
        )


def alarms(estate: Estate) -> Iterator[LiveResource]:
    """On metrics."""
    for each in estate.around.alarms:
        name, arn = str(each["AlarmName"]), str(each.get("AlarmArn", ""))
        region = region_in(arn, estate)
        yield LiveResource(
            type=METRIC_ALARM,
            id=import_id(name, region, estate),
            name=name,
            region=region,
            inputs={
                **_looked_at(each),
                "actionsEnabled": each.get("ActionsEnabled"),
                "alarmActions": list(each.get("AlarmActions") or ()),
                "alarmDescription": each.get("AlarmDescription"),
                "comparisonOperator": each.get("ComparisonOperator"),
                "datapointsToAlarm": each.get("DatapointsToAlarm"),
                "evaluateLowSampleCountPercentiles": each.get("EvaluateLowSampleCountPercentile"),
                "evaluationPeriods": each.get("EvaluationPeriods"),
                "insufficientDataActions": list(each.get("InsufficientDataActions") or ()),
                "name": name,
                "okActions": list(each.get("OKActions") or ()),
                "tags": tags_of(arn, estate),
                "threshold": each.get("Threshold"),
                "thresholdMetricId": each.get("ThresholdMetricId"),
                "treatMissingData": each.get("TreatMissingData", "missing"),
            },
            outputs={"arn": arn},
        )


def _looked_at(alarm: Described) -> dict[str, Any]:
    return {
        "dimensions": _dimensions(alarm),
        "extendedStatistic": alarm.get("ExtendedStatistic"),
        "metricName": alarm.get("MetricName"),
        "metricQueries": [_query(each) for each in alarm.get("Metrics") or ()],
        "namespace": alarm.get("Namespace"),
        "period": alarm.get("Period"),
        "statistic": alarm.get("Statistic"),
        "unit": alarm.get("Unit"),
    }


def _query(each: Described) -> dict[str, Any]:
    found = {
        "accountId": each.get("AccountId"),
        "expression": each.get("Expression"),
        "id": each.get("Id"),
        "label": each.get("Label"),
        "metric": _metric(each["MetricStat"]) if each.get("MetricStat") else None,
        "period": each.get("Period"),
        "returnData": each.get("ReturnData"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _metric(stat: Described) -> dict[str, Any]:
    metric = stat["Metric"]
    found = {
        "dimensions": _dimensions(metric),
        "metricName": metric.get("MetricName"),
        "namespace": metric.get("Namespace"),
        "period": stat.get("Period"),
        "stat": stat.get("Stat"),
        "unit": stat.get("Unit"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _dimensions(of: Described) -> dict[str, str]:
    return {str(each["Name"]): str(each["Value"]) for each in of.get("Dimensions") or ()}
