"""Log groups, as the provider reads them for an import. Pure.

Source: terraform-provider-aws, internal/service/logs/group.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from adopt.estate import Estate
from adopt.live.place import import_id, region_in, tags_of
from adopt.live.resource import LiveResource
from graph.types import LOG_GROUP


def log_groups(estate: Estate) -> Iterator[LiveResource]:
    """Those of the servers, and of names that the stack would take."""
    for each in estate.around.log_groups:
        name, arn = str(each["logGroupName"]), str(each.get("logGroupArn") or each.get("arn", "")).removesuffix(":*")
        region = region_in(arn, estate)
        yield LiveResource(
            type=LOG_GROUP,
            id=import_id(name, region, estate),
            name=name,
            region=region,
            inputs={
                "deletionProtectionEnabled": each.get("deletionProtectionEnabled"),
                "kmsKeyId": each.get("kmsKeyId"),
                "logGroupClass": each.get("logGroupClass"),
                "name": name,
                "retentionInDays": each.get("retentionInDays"),
                "tags": tags_of(arn, estate),
            },
            outputs={"arn": arn},
        )
