"""What `datatier adopt` reads: the account, by calls that only read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bootstrap.errors import AskedError
from cli.adopt_files import Place
from cli.output import counted, note
from knowledge import names
from knowledge.regions import region_of

if TYPE_CHECKING:
    from adopt.estate import Estate

_NAMED = re.compile(r"([a-z](?:-?[a-z0-9])*)=(\S+)")


def identifier(said: str | None) -> str | None:
    """`--instance` as RDS has it, in lower case. Raise AskedError for what no instance is called."""
    if said is None:
        return None
    instance = said.lower()
    if said.startswith("arn:"):
        instance, region = said.rpartition(":")[2], region_of(said)
        here = f" --region {region}" if region else ""
        raise AskedError(f"--instance {said}: the identifier is wanted, not the ARN: `--instance {instance}{here}`.")
    if problem := names.instance_problem(instance):
        raise AskedError(f"--instance: {problem}.")
    return instance


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
        cache = match[2].lower()  # as ElastiCache has it
        if cache in found.values():
            raise AskedError(f"--cache: {cache} is named twice.")
        found[match[1]] = cache
    return found


def named_as(where: Place, caches: Iterable[str]) -> str:
    """The prefix of the stack's names. Raise AskedError where something of it could not be called so."""
    name = where.project.get("data-tier:name")
    if not name:
        raise AskedError(
            "Pulumi.yaml does not say what the application is called: write `config: {name: shop}` into it."
        )
    prefix = names.prefix(str(name), where.stack)
    if problem := names.prefix_problem(prefix):
        raise AskedError(f"{problem}, and all names of the stack would begin with it: choose another stack.")
    for cache in caches:
        if problem := names.cache_problem(names.server(prefix, cache)):
            raise AskedError(
                f"--cache {cache}: {problem}, and what is made for it bears that name: choose another NAME."
            )
    return prefix


def estate_of(instance: str, caches: Mapping[str, str], region: str, prefix: str) -> Estate:
    """Read what is there; `prefix` is what the names of the stack begin with."""
    from adopt.reading.read import read
    from bootstrap.aws import aws_client, aws_credentials

    aws_credentials()  # without any, all that could be said is that nothing was read
    found = read(lambda service, of: aws_client(service, of, None, patient=True), instance, caches, region, prefix)
    if found.waited:
        note(f"AWS asked to slow down, and {counted(found.waited, 'call')} waited: the whole is read all the same.")
    return found
