"""What `datatier adopt` reads: the account, by calls that only read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bootstrap.errors import AskedError

if TYPE_CHECKING:
    from adopt.estate import Estate

_NAMED = re.compile(r"([a-z](?:-?[a-z0-9])*)=(\S+)")


def named(said: Sequence[str]) -> dict[str, str]:
    """The caches by name, of `NAME=ID`. Raise AskedError for another form, and for two of a name or of an id."""
    found: dict[str, str] = {}
    for each in said:
        match = _NAMED.fullmatch(each)
        if match is None:
            raise AskedError(
                f"--cache {each}: NAME=ID is wanted, the name of lower-case letters, digits and hyphens, such as "
                "--cache main=orders-cache."
            )
        if match[1] in found:
            raise AskedError(f"--cache: two caches are called {match[1]}.")
        if match[2] in found.values():
            raise AskedError(f"--cache: {match[2]} is named twice.")
        found[match[1]] = match[2]
    return found


def estate_of(instance: str, caches: Mapping[str, str], region: str) -> Estate:
    """Read what is there."""
    from account.reader import Reader
    from adopt.estate import Estate, Group, RunningInstance
    from bootstrap.aws import aws_client, aws_credentials

    if caches:
        raise AskedError("--cache: caches are not read yet.")
    aws_credentials()  # without any, all that could be said is that nothing was read
    reader = Reader(lambda service, of: aws_client(service, of, None), region)
    found = reader.named("rds", "describe_db_instances", "DBInstances", DBInstanceIdentifier=instance)
    if not found:
        raise AskedError(f"--instance {instance}: there is no such instance in {region}.")
    group = Group(described=found[0]["DBParameterGroups"][0], parameters=())
    return Estate(
        account=str(found[0]["DBInstanceArn"]).split(":")[4],
        partition=str(found[0]["DBInstanceArn"]).split(":")[1],
        region=region,
        primary=RunningInstance(region=region, described=found[0], parameter_group=group),
        replicas={},
        caches={},
    )
