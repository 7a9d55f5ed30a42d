"""What a stack's file says of what is around the servers: logs, who is notified, the master's secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adopt import instance_facts as facts
from adopt.estate import Described, Estate
from knowledge import names
from knowledge.alarms.recipients import ENDPOINTS

SEVERITIES = ("critical", "warning", "info")


def log_retention(estate: Estate) -> int | None:
    """Days that the logs of the instances are kept, the longest of them: so are those of the groups that are made new.

    Those that are there stay as they are. None where there is none, or one is kept for ever.
    """
    prefixes = tuple(facts.log_prefix(each.described) for each in (estate.primary, *estate.replicas.values()))
    groups = (each for each in estate.around.log_groups if str(each.get("logGroupName")).startswith(prefixes))
    days = [int(each.get("retentionInDays") or 0) for each in groups]
    return max(days) if all(days) and days else None


def recipients(estate: Estate) -> tuple[dict[str, list[dict[str, str]]], list[str]]:
    """Who hears today, by severity: of alarms `critical`, of RDS's events `info`; and what is left to a person.

    A webhook's address is often its password, and stays out of the file.
    """
    heard = {str(each["TopicArn"]): each.get("Subscriptions") or [] for each in estate.around.topics}
    by = {"critical": _of_alarms(estate), "info": _of_events(estate)}
    found: dict[str, list[dict[str, str]]] = {}
    remarks: list[str] = []
    for severity, topics in by.items():
        for topic in topics:
            for each in heard.get(topic, ()):
                kind, address = str(each.get("Protocol")), str(each.get("Endpoint"))
                known = kind in ("email", "sqs") and re.fullmatch(ENDPOINTS[kind][0], address)
                if known and {kind: address} not in found.setdefault(severity, []):
                    found[severity].append({kind: address})
                elif not known:
                    remarks.append(f"{topic.rpartition(':')[2]} has a recipient by {kind} too: add it to {severity}.")
    return {severity: every for severity, every in found.items() if every}, list(dict.fromkeys(remarks))


def _of_alarms(estate: Estate) -> Sequence[str]:
    arns = {str(arn) for each in estate.around.alarms for arn in each.get("AlarmActions") or ()}
    return sorted(each for each in arns if ":sns:" in each)


def _of_events(estate: Estate) -> Sequence[str]:
    return sorted({str(each["SnsTopicArn"]) for each in estate.around.event_subscriptions})


def master_secret(estate: Estate, prefix: str, stack: str) -> tuple[str | None, str]:
    """ARN of the secret that seems to hold the master's password, with a remark; None where none, or more than one.

    No value is read. One of the stack's own name (`--store-master`) is imported, and comes before any other.
    """
    if own_secret(estate, prefix, "master"):
        return None, ""
    it = estate.primary.described
    words = {str(it.get("MasterUsername", "")).lower(), "master", "admin", "root"} - {""}
    found = [each for each in estate.around.secrets if _of_master(each, estate.primary.identifier, words)]
    if len(found) > 1:
        several = ", ".join(sorted(str(each["Name"]) for each in found))
        return None, f"Add master_secret, the ARN of the secret that holds the master's password: {several} may."
    if not found:
        store = f"datatier adopt {stack} --instance {estate.primary.identifier} --region {estate.region} --store-master"
        return None, (
            f"No secret with the password of {it.get('MasterUsername')} was found, by which the bootstrap logs in: add "
            f"master_secret, its ARN, or store the password by `{store}`; then run the adoption again."
        )
    return str(found[0]["ARN"]), f"{found[0]['Name']} by its name: look whether it holds the master's password."


def own_secret(estate: Estate, prefix: str, key: str) -> bool:
    """Whether there is the secret that the stack would make for `key`."""
    return any(each.get("Name") == names.secret(prefix, key) and is_a_persons(each) for each in estate.around.secrets)


def is_a_persons(secret: Described) -> bool:
    """Whether people may write to a secret: no service of AWS owns it, and it does not wait for its deletion."""
    return not (secret.get("OwningService") or secret.get("DeletedDate"))


def _of_master(secret: Described, identifier: str, words: set[str]) -> bool:
    if not is_a_persons(secret):
        return False
    name = str(secret.get("Name", "")).lower()
    return identifier.lower() in name and bool(words & set(re.split(r"[^a-z0-9_]+", name)))


def notify(found: Mapping[str, list[dict[str, str]]]) -> dict[str, Any]:
    """`notify` of a stack's file."""
    return {severity: found[severity] for severity in SEVERITIES if severity in found}
