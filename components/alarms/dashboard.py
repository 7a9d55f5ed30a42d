"""CloudWatch dashboard of the servers that are watched: states of their alarms, and what the alarms look at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms.target import AlarmTarget
from knowledge.alarms.dashboard import AlarmedServers, GraphedServer, body

CONSOLES = {
    "aws": "{0}.console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """Servers, alarms and name of a dashboard."""

    name: str
    """Name of the dashboard."""
    region: pulumi.Input[str]
    """Region of the servers."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition, for the console's address."""
    targets: Mapping[str, AlarmTarget]
    """Servers by name, as their alarms were made."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """Target -> its region, where that is another one."""
    alarm_arns: Mapping[str, pulumi.Input[str]]
    """`<target>-<alarm>` -> ARN of the alarm."""
    page_arns: Mapping[str, pulumi.Input[str]]
    """Page -> ARN of its alarm."""

    def __post_init__(self) -> None:
        """Refuse a name that CloudWatch refuses."""
        if not self.name or len(self.name) > 255 or not self.name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"dashboard: name {self.name!r} must be 1 to 255 letters, digits, hyphens and underscores")


class Dashboard(pulumi.ComponentResource):
    """A CloudWatch dashboard: alarm states on top, then a row of graphs for each server."""

    url: pulumi.Output[str]
    """Its address in the console."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the dashboard."""
        super().__init__("data-tier:index:Dashboard", name, {}, opts)
        parts = pulumi.Output.all(
            region=args.region,
            ids={key: target.id for key, target in args.targets.items()},
            primaries={key: target.primary for key, target in args.targets.items()},
            resources={key: target.resource_id for key, target in args.targets.items()},
            alarms=dict(args.alarm_arns),
            pages=list(args.page_arns.values()),
        )
        made = aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=args.name,
            dashboard_body=parts.apply(
                lambda known: json.dumps(body(known["region"], args.name, rows(args, known), known["pages"]))
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = pulumi.Output.all(args.region, args.partition, made.dashboard_name).apply(
            lambda all_: address(*all_)
        )
        self.register_outputs({"url": self.url})


def address(region: str, partition: str, name: str) -> str:
    """The dashboard's address in the console."""
    host = CONSOLES.get(partition, CONSOLES["aws"]).format(region)
    return f"https://{host}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


def rows(args: DashboardArgs, known: Mapping[str, Any]) -> list[AlarmedServers]:
    """A row for each server, one for all that share a page."""
    targets = args.targets
    # A cache as a whole has other alarms than its nodes, who share its page.
    groups: dict[tuple[str, str], list[str]] = {}
    for key, target in targets.items():
        groups.setdefault((target.page or key, target.dimension), []).append(key)
    return [
        AlarmedServers(
            title=title,
            region=args.regions.get(keys[0], ""),
            dimension=targets[keys[0]].dimension,
            alarms=tuple(targets[keys[0]].alarms),
            servers=tuple(
                GraphedServer(
                    label=key,
                    id=known["ids"][key],
                    primary=known["primaries"][key] or "",
                    resource_id=known["resources"][key] or "",
                )
                for key in keys
            ),
            arns=tuple(known["alarms"][f"{key}-{alarm.key}"] for key in keys for alarm in targets[key].alarms),
        )
        for (title, _), keys in groups.items()
    ]
