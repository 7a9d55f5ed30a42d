"""What is around the databases and stays as it is, with why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adopt import instance_facts as facts
from adopt.estate import Described, Estate
from adopt.report import Left
from knowledge.commands import in_region
from knowledge.existing import AWS_OPTIONS


def left(estate: Estate, prefix: str, referred: Mapping[str, str]) -> Iterator[Left]:
    """Each thing once. `prefix` is what the stack's names begin with; what has one of those is taken over.

    `referred`: server -> why its parameter group is only referred to; empty where it is not.
    """
    yield from _parameter_groups(estate, referred)
    yield from _options(estate)
    yield from _groups(estate)
    yield from _unencrypted(estate)
    yield from _watching(estate, prefix)
    yield from _backups(estate)


def _parameter_groups(estate: Estate, referred: Mapping[str, str]) -> Iterator[Left]:
    servers = {"primary": estate.primary, **estate.replicas}
    found = {facts.parameter_group(servers[name].described): why for name, why in referred.items() if why}
    for group, why in found.items():
        yield Left(what=f"parameter group {group}", why=f"{why}; it is only referred to")


def _options(estate: Estate) -> Iterator[Left]:
    names = {facts.option_group(each.described) for each in (estate.primary, *estate.replicas.values())}
    for name in sorted(names - {""}):
        if not name.startswith(AWS_OPTIONS):
            yield Left(what=f"option group {name}", why="a stack declares none, so its instances keep theirs")


def _groups(estate: Estate) -> Iterator[Left]:
    """Security groups and who else has them: nobody who comes in by them is shut out."""
    names = {str(each["GroupId"]): each.get("GroupName") for each in estate.around.security_groups}
    groups = {
        group for each in (estate.primary, *estate.replicas.values()) for group in facts.security_groups(each.described)
    }
    for group in sorted(groups):
        others = estate.around.security_group_users.get(group, ())
        also = f"; {', '.join(others)} {'has' if len(others) == 1 else 'have'} it too" if others else ""
        called = f" ({names[group]})" if names.get(group) else ""
        yield Left(
            what=f"security group {group}{called}",
            why=f"it stays on the servers with its rules, and the stack adds its own{also}",
        )


def _unencrypted(estate: Estate) -> Iterator[Left]:
    it = estate.primary
    if not it.described.get("StorageEncrypted"):
        way = (
            "nothing encrypts it in place: copy a snapshot with a key (`aws rds copy-db-snapshot --kms-key-id ...`), "
            "restore that as a second instance, and switch the application over"
        )
        yield Left(what=f"the volume of {it.identifier}, unencrypted", why=in_region(way, it.region))


def _watching(estate: Estate, prefix: str) -> Iterator[Left]:
    """Who watches already goes on, beside what the stack makes."""
    own = f"{prefix}-"
    for each in estate.around.alarms:
        if not str(each["AlarmName"]).startswith(own):
            yield Left(what=f"alarm {each['AlarmName']}", why="it stays, next to the stack's own")
    for each in estate.around.event_subscriptions:
        if not str(each["CustSubscriptionId"]).startswith(own):
            yield Left(what=f"event subscription {each['CustSubscriptionId']}", why="it stays, next to the stack's own")
    for each in estate.around.topics:
        name = str(each["TopicArn"]).rpartition(":")[2]
        if not name.startswith(own):
            yield Left(what=f"topic {name}", why="what published to it goes on; the stack has topics of its own")


def _backups(estate: Estate) -> Iterator[Left]:
    for each in estate.around.backup_plans:
        plan = each.get("BackupPlan") or {}
        keeps = any(rule.get("EnableContinuousBackup") for rule in plan.get("Rules") or ())
        owner = "; it keeps the logs too, so retention and window of the automated backups are changed there"
        yield Left(
            what=f"AWS Backup's plan {_name(plan)}",
            why=f"it goes on selecting {', '.join(_selected(each))}{owner if keeps else ''}",
        )


def _name(plan: Described) -> str:
    return str(plan.get("BackupPlanName", ""))


def _selected(plan: Described) -> list[str]:
    return [str(arn).rpartition(":")[2] for arn in plan.get("Selects") or ()]
