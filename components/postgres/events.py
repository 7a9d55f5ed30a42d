"""RDS's events of a primary and its replicas, to the topic of their severity."""

from collections.abc import Iterable, Iterator, Mapping

import pulumi
import pulumi_aws as aws

from components.postgres.args import PostgresArgs
from components.postgres.existing import ExistingInstance
from components.postgres.replica import Replica
from knowledge.alarms import events
from knowledge.existing import AWS_GROUPS
from knowledge.postgres.parameters import postgres_family


def subscribe(
    name: str,
    args: PostgresArgs,
    *,
    identifier: pulumi.Input[str],
    parameter_group_name: pulumi.Input[str],
    replicas: Mapping[str, Replica],
    opts: pulumi.ResourceOptions,
) -> None:
    """Subscribe the topics; a replica in another region has its subscriptions, and its topics, there."""
    here = [replicas[key] for key, spec in args.replicas.items() if spec.remote is None]
    groups = [(parameter_group_name, args.existing)]
    groups += [
        (replicas[key].parameter_group_name, spec.existing)
        for key, spec in args.replicas.items()
        if spec.remote is None
    ]
    sources: dict[events.Source, list[pulumi.Input[str]] | None] = {
        "db-instance": [identifier, *(each.identifier for each in here)],
        "db-parameter-group": [*_changeable(groups, args.version)],
        # Their names are not known before they exist: events of every snapshot in the account and region are sent.
        "db-snapshot": None,
    }
    for severity, topic in sorted(args.event_topic_arns.items()):
        for source, categories in events.RDS[severity].items():
            # One subscription has one type of source; that of instances came first and keeps its name.
            kind = "" if source == "db-instance" else source.removeprefix("db") + "s"
            if sources[source] == []:  # which RDS would take for all there are
                continue
            aws.rds.EventSubscription(
                f"{name}-{severity}{kind}-events",
                name=f"{args.named}-{severity}{kind}",
                sns_topic=topic,
                source_type=source,
                source_ids=sources[source],
                event_categories=list(categories),
                opts=opts,
            )
    for key, spec in args.replicas.items():
        for severity, topic in sorted((spec.remote.event_topic_arns if spec.remote else {}).items()):
            aws.rds.EventSubscription(
                f"{name}-{key}-{severity}-events",
                name=f"{args.named}-{key}-{severity}",
                sns_topic=topic,
                source_type="db-instance",
                source_ids=[replicas[key].identifier],
                event_categories=list(events.RDS[severity]["db-instance"]),
                region=spec.remote.region if spec.remote else None,
                opts=opts,
            )


def _changeable(
    groups: Iterable[tuple[pulumi.Input[str], ExistingInstance | None]], version: str
) -> Iterator[pulumi.Input[str]]:
    """Each parameter group once, without AWS's own, which nobody can change (RDS User Guide, Working with DB parameter
    groups)."""
    seen, family = set[str](), postgres_family(int(version.partition(".")[0]))
    for name, existing in groups:
        kept = existing.parameter_group if existing else None
        if kept is None or not kept.serves(family):
            yield name
        elif not kept.name.startswith(AWS_GROUPS) and kept.name not in seen:
            seen.add(kept.name)
            yield name
