"""A state of Terraform as `terraform show -json` (or `tofu show -json`) prints it. Pure.

That form is documented for other programs (Terraform's documentation, "JSON Output Format": values representation). The
file of a state itself is refused: its form is Terraform's own business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import AskedError
from graph import types
from knowledge.regions import region_of

# Terraform's type -> Pulumi's, and the attribute with the name that AWS knows it by (the provider's reference, Argument
# Reference of each). What a stack may take over.
KINDS: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_composite_alarm": (types.COMPOSITE_ALARM, "alarm_name"),
    "aws_cloudwatch_log_group": (types.LOG_GROUP, "name"),
    "aws_cloudwatch_metric_alarm": (types.METRIC_ALARM, "alarm_name"),
    "aws_db_event_subscription": (types.EVENT_SUBSCRIPTION, "name"),
    "aws_db_instance": (types.INSTANCE, "identifier"),
    "aws_db_parameter_group": (types.PARAMETER_GROUP, "name"),
    "aws_elasticache_parameter_group": (types.CACHE_PARAMETER_GROUP, "name"),
    "aws_elasticache_replication_group": (types.CACHE, "replication_group_id"),
    "aws_elasticache_user": (types.CACHE_USER, "user_id"),
    "aws_elasticache_user_group": (types.CACHE_USER_GROUP, "user_group_id"),
    "aws_iam_role": (types.ROLE, "name"),
    "aws_kms_alias": (types.KEY_ALIAS, "name"),
    "aws_secretsmanager_secret": (types.SECRET, "name"),
    "aws_sns_topic": (types.TOPIC, "name"),
}


@dataclass(frozen=True, kw_only=True)
class TerraformResource:
    """A resource of a state."""

    address: str
    """Such as `module.orders.aws_db_instance.this["main"]`."""
    type: str
    values: Mapping[str, Any]

    @property
    def known_by(self) -> set[str]:
        """Its name, id and ARN; an instance has its resource id too, its id since the provider's version 5."""
        names = [self.values.get(key) for key in ("id", "arn", "resource_id", *KINDS.get(self.type, ())[1:])]
        return {str(each) for each in names if each}

    @property
    def account(self) -> str:
        """Whose it is; empty where the state does not say."""
        return (str(self.values.get("arn") or "").split(":") + [""] * 5)[4]

    @property
    def region(self) -> str | None:
        """Where it is; None where the state does not say."""
        return str(self.values["region"]) if self.values.get("region") else region_of(str(self.values.get("arn", "")))


def resources(text: str, name: str) -> tuple[TerraformResource, ...]:
    """The resources of a state, without data sources; `name` is the file's. Raise `AskedError` for another form."""
    show = "`terraform show -json > FILE` writes the one that is wanted"
    try:
        document = json.loads(text)
    except ValueError as error:
        raise AskedError(f"--terraform: {name} is no JSON ({error}): {show}.") from None
    if not isinstance(document, dict):
        raise AskedError(f"--terraform: {name} holds no state: {show}.")
    if "planned_values" in document or "resource_changes" in document:
        raise AskedError(f"--terraform: {name} is a plan, not a state: {show}.")
    if "lineage" in document or ("terraform_version" in document and "resources" in document):
        raise AskedError(f"--terraform: {name} is the file that Terraform keeps to itself: {show}.")
    values = document.get("values")
    if "format_version" not in document:
        raise AskedError(f"--terraform: {name} holds no state: {show}.")
    if values is None:  # an empty state has none
        return ()
    try:
        return tuple(_within(values["root_module"]))
    except (AttributeError, KeyError, TypeError):
        raise AskedError(f"--terraform: {name} is not as Terraform writes it: {show}.") from None


def _within(module: Mapping[str, Any]) -> Iterator[TerraformResource]:
    for each in module.get("resources") or ():
        if each["mode"] == "managed":
            values: Mapping[str, Any] = {**(each.get("values") or {})}
            yield TerraformResource(address=str(each["address"]), type=str(each["type"]), values=values)
    for child in module.get("child_modules") or ():
        yield from _within(child)
