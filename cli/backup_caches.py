"""The caches of a backup: which are copied and how, as `datatier backup create` is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.errors import InputError

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from bootstrap.secrets import Secret
    from keep.redis.source import CacheSource
    from observe.keys.spaces import Spaces
    from observe.node import RedisNode

Form = Literal["keys", "rdb"]
CachesOption = Annotated[
    list[str] | None,
    typer.Option("--cache", help="Named cache, each in turn; every one when absent. With --redis-url its key spaces."),
]
FormOption = Annotated[
    Form | None,
    typer.Option("--form", help="keys: read one by one (usual); rdb: the file of BGSAVE, from this computer's disk."),
]


def caches_of_url(url: Secret, names: list[str] | None, form: Form | None) -> tuple[CacheSource, ...]:
    """The one server of a URL."""
    from cli.keys import access_of
    from observe.keys.spaces import Spaces, spaces_of
    from observe.nodes import redis_nodes

    if names and len(names) > 1:
        raise InputError("--redis-url is one cache: name one with --cache, whose key spaces are counted.")
    name = names[0] if names else "main"
    access = access_of(name) if names else None
    spaces = spaces_of(access, name) if access else Spaces({}, cache=name)
    return (_source(name, redis_nodes(url), spaces, form),)


def caches_of_stack(manifest: Manifest, names: list[str] | None, form: Form | None) -> tuple[CacheSource, ...]:
    """The caches of a stack, or those that are named."""
    from keep.redis.entry import administered, declared

    return tuple(
        _source(name, administered(manifest, name), declared(manifest, name), form) for name in names or manifest.caches
    )


def _source(name: str, nodes: tuple[RedisNode, ...], spaces: Spaces, form: Form | None) -> CacheSource:
    from keep.redis.file import FileSource
    from keep.redis.keys import KeysSource

    return (FileSource if form == "rdb" else KeysSource)(name=name, nodes=nodes, spaces=spaces)
