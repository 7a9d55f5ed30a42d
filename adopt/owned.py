"""Servers that are a stack's already, by the tag that every resource of a stack has. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adopt.estate import Estate, RunningCache, RunningInstance
from adopt.refusal import Refusal, Server
from knowledge.commands import aws
from knowledge.ownership import TAG


def owned(estate: Estate, prefix: str, *, more: bool = False) -> Iterator[Refusal]:
    """A refusal for each of another stack's, and for a primary that is this one's; `prefix` is that of its names.

    `more` is whether further servers come into a stack that has its primary.
    """
    if estate.primary.tags.get(TAG) == prefix and not more:
        arn = estate.primary.described["DBInstanceArn"]
        call = f"rds remove-tags-from-resource --resource-name {arn} --tag-keys {TAG}"
        yield Refusal(
            what=estate.primary.identifier,
            why=f"it is this stack's already: a `pulumi up` has marked it (its tag {TAG})",
            way="`pulumi preview` says what is to be changed. A further replica or cache comes in by the same command "
            "with the stack's state, `pulumi stack export | datatier adopt ... --against -`. After a way back "
            f"(`--undo`) take the tag off, and adopt it again: `{aws(call, region=estate.primary.region)}`",
            whole=True,
        )
    servers: tuple[tuple[Server | None, RunningInstance | RunningCache], ...] = (
        (None, estate.primary),
        *((("replica", name), each) for name, each in estate.replicas.items()),
        *((("cache", name), each) for name, each in estate.caches.items()),
    )
    for server, each in servers:
        theirs = each.tags.get(TAG, prefix)
        if theirs != prefix:
            yield Refusal(
                what=each.identifier,
                why=f"it is part of the stack `{theirs}` (its tag {TAG}), and a server is in one stack",
                way=f"take it out of `{theirs}` first (`datatier adopt STACK --undo` says how), and remove the tag",
                whole=server is None,
                server=server,
            )
