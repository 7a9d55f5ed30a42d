"""What is around the servers: asked for before they are known as far as it can be, completed by what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from adopt.estate import Described, Surroundings
from adopt.reading import backup, calls, cloudwatch, kms, logs, network, secretsmanager, sns, tagging
from adopt.reading.ask import Asking
from adopt.reading.servers import Servers
from knowledge.existing import AWS_OPTIONS

OVER = frozenset({"SWITCHOVER_COMPLETED", "DELETING"})
"""States of a Blue/Green deployment that is not under way any more (RDS API Reference, BlueGreenDeployment: Status)."""


class Around:
    """What does not wait for the servers is asked for when this is made."""

    def __init__(self, ask: Asking, prefix: str, ids: Iterable[str]) -> None:
        """`prefix` is what the stack's names begin with, `ids` the servers that were asked for."""
        self._ask, self._prefix = ask, prefix
        self._blue_green = ask.soon(ask.all, calls.BLUE_GREEN)
        self._subscriptions = ask.soon(ask.all, calls.SUBSCRIPTIONS)
        self._maintenance = ask.soon(ask.all, calls.MAINTENANCE)
        self._aliases = ask.soon(ask.all, calls.ALIASES)
        self._alarms = ask.soon(cloudwatch.alarms, ask, ask.region, prefix)
        self._topics = ask.soon(ask.all, calls.TOPICS)
        self._selections = ask.soon(backup.selections, ask)
        self._roles = ask.soon(ask.all, calls.ROLES, MaxItems=1000)
        self._secrets = ask.soon(secretsmanager.secrets, ask, sorted({prefix, *(each.lower() for each in ids)}))
        self._functions = ask.soon(logs.log_groups, ask, [f"/aws/lambda/{prefix}-"], ask.region)

    def of(self, servers: Servers) -> Surroundings:
        """The whole, for the servers that were found."""
        ask, prefix = self._ask, self._prefix
        networks = [ask.soon(network.network, ask, each, home=each.region == servers.home) for each in servers.sites()]
        options = ask.soon(self._options, servers)
        far = [ask.soon(cloudwatch.alarms, ask, region, prefix) for region in servers.abroad]
        groups = [
            ask.soon(logs.log_groups, ask, servers.log_prefixes(region), region)
            for region in (servers.home, *servers.abroad)
        ]
        plans = ask.soon(backup.plans, ask, self._selections.result(), _tags(servers))
        every = (*self._alarms.result(), *(alarm for each in far for alarm in each.result()))
        alarms = cloudwatch.of_servers(every, servers.watched(), prefix)
        subscriptions = tuple(each for each in self._subscriptions.result() if _hears(each, servers, prefix))
        told = {*cloudwatch.told(alarms), *(str(each["SnsTopicArn"]) for each in subscriptions), *servers.topics()}
        own = {arn for each in self._topics.result() if _begins(arn := str(each["TopicArn"]), prefix)}
        topics = sns.topics(ask, told | own)
        log_groups = tuple(group for each in (*groups, self._functions) for group in each.result())
        secrets = self._secrets.result()
        keys = kms.keys(ask, {*servers.keys(), *self._keys(log_groups, topics, secrets)}, self._aliases.result())
        arns = {*servers.tagged(), *_arns(alarms, subscriptions, topics, log_groups, keys)}
        around = [each.result() for each in networks]
        return Surroundings(
            tags=tagging.tags(ask, arns),
            subnet_groups=servers.subnet_groups(),
            security_groups=tuple(group for each in around for group in each.security_groups),
            security_group_users={group: by for each in around for group, by in each.users.items()},
            vpcs=tuple(vpc for each in around for vpc in each.vpcs),
            subnets=tuple(subnet for each in around for subnet in each.subnets),
            route_tables=tuple(table for each in around for table in each.route_tables),
            vpc_endpoints=tuple(endpoint for each in around for endpoint in each.vpc_endpoints),
            option_groups=options.result(),
            keys=keys,
            log_groups=log_groups,
            event_subscriptions=subscriptions,
            secrets=secrets,
            alarms=alarms,
            topics=topics,
            backup_plans=plans.result(),
            blue_green=tuple(
                each
                for each in self._blue_green.result()
                if {each.get("Source"), each.get("Target")} & {*servers.arns} and each.get("Status") not in OVER
            ),
            maintenance=tuple(
                each for each in self._maintenance.result() if each.get("ResourceIdentifier") in servers.arns
            ),
            roles=tuple(
                each
                for each in self._roles.result()
                if each["Arn"] in servers.roles() or str(each["RoleName"]).startswith(f"{prefix}-")
            ),
        )

    def _options(self, servers: Servers) -> tuple[Described, ...]:
        """What the option groups contain; AWS's own are not asked for, as nothing is in them."""
        wanted = servers.option_groups()
        if all(name.startswith(AWS_OPTIONS) for name in wanted):
            return ()
        return tuple(each for each in self._ask.all(calls.OPTION_GROUPS) if each["OptionGroupName"] in wanted)

    def _keys(self, *around: Iterable[Described]) -> Iterator[tuple[str, str]]:
        """Keys of what is around, and those that an alias of the stack's names points to."""
        for each in (each for part in around for each in part):
            for name in ("kmsKeyId", "KmsMasterKeyId", "KmsKeyId"):
                if each.get(name):
                    yield self._ask.region, str(each[name])
        for alias in self._aliases.result():
            if str(alias["AliasName"]).startswith(f"alias/{self._prefix}-") and alias.get("TargetKeyId"):
                yield self._ask.region, str(alias["TargetKeyId"])


def _tags(servers: Servers) -> Mapping[str, Mapping[str, str]]:
    return {str(each.described.get("DBInstanceArn")): each.tags for each in servers.instances}


def _hears(subscription: Described, servers: Servers, prefix: str) -> bool:
    """Whether a subscription is to one of the instances, or of a name that the stack would take.

    One without sources is to all of its kind (RDS API Reference, CreateEventSubscription: SourceIds).
    """
    if str(subscription["CustSubscriptionId"]).startswith(f"{prefix}-"):
        return True
    ids = {each.identifier for each in servers.instances}
    if subscription.get("SourceType") not in {None, "", "db-instance"}:
        return False
    sources = set(subscription.get("SourceIdsList") or ())
    return bool(sources & ids) or not sources


def _begins(arn: str, prefix: str) -> bool:
    return arn.rpartition(":")[2].startswith(f"{prefix}-")


def _arns(*around: Iterable[Described]) -> Iterator[str]:
    """Of what is around, by the names that the services have for their own."""
    for each in (each for part in around for each in part):
        for name in ("AlarmArn", "EventSubscriptionArn", "TopicArn", "logGroupArn", "Arn"):
            if each.get(name):
                yield str(each[name])
                break
