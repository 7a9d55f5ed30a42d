"""The caches of a backup: which are copied and how, as `datatier backup create` is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    typer.Option("--form", help="keys: one by one; rdb: the file of BGSAVE, from this disk. Else as the cache allows."),
]


def caches_of_url(
    url: Secret, names: list[str] | None, form: Form | None, *, called: str = "main"
) -> tuple[CacheSource, ...]:
    """The one server of a URL, by the name of a declared cache, or without one as what it is `called`."""
    from cli.keys import access_of
    from observe.keys.spaces import Spaces, spaces_of
    from observe.nodes import redis_nodes

    if names and len(names) > 1:
        raise InputError("--redis-url is one cache: name one with --cache, whose key spaces are counted.")
    name = names[0] if names else called
    access = access_of(name) if names else None
    spaces = spaces_of(access, name) if access else Spaces({}, cache=name)
    return (_source(name, redis_nodes(url), spaces, form),)


def caches_of_stack(
    manifest: Manifest, names: list[str] | None, form: Form | None, to: list[str] | None
) -> tuple[CacheSource, ...]:
    """The caches of a stack, or those that are named."""
    return tuple(_of_stack(manifest, name, form, to or []) for name in names or manifest.caches)


def _of_stack(manifest: Manifest, name: str, form: Form | None, to: list[str]) -> CacheSource:
    from keep.redis.entry import declared
    from observe.administered import administered

    spaces = declared(manifest, name)
    if form is None and manifest.caches[name].on_elasticache:
        return _exported(manifest, name, spaces, to)
    return _source(name, administered(manifest, name), spaces, form)


def _exported(manifest: Manifest, name: str, spaces: Spaces, to: list[str]) -> CacheSource:
    from keep.estate.aws import AwsEstate
    from keep.estate.naming import cache_group
    from keep.place.bucket import Account, Bucket
    from keep.place.s3 import S3Place
    from keep.redis.exported import ElastiCacheSource

    asked = (address.removeprefix("s3://").partition("/")[0] for address in to if address.startswith("s3://"))
    own = manifest.bucket
    bucket = next(asked, own.name if own else None)
    if bucket is None:
        raise InputError(
            f"`{name}` is ElastiCache's, which gives its keys to a bucket alone: back up to s3://BUCKET/PREFIX, or "
            "declare `data-tier:bucket`; with --redis-url its keys are read one by one."
        )
    account = Account(
        region=manifest.region,
        endpoint=manifest.aws_endpoint,
        owner=own.owner if own and own.name == bucket else None,
    )
    return ElastiCacheSource(
        name=name,
        group=cache_group(manifest, name),
        prefix=manifest.prefix,
        estate=AwsEstate(manifest.region, manifest.prefix, endpoint=manifest.aws_endpoint),
        bucket=bucket,
        exports=S3Place(Bucket(bucket, account), ""),
        spaces=spaces,
    )


def _source(name: str, nodes: tuple[RedisNode, ...], spaces: Spaces, form: Form | None) -> CacheSource:
    from keep.redis.file import FileSource
    from keep.redis.keys import KeysSource

    return (FileSource if form == "rdb" else KeysSource)(name=name, nodes=nodes, spaces=spaces)


@contextmanager
def scratch_cache() -> Iterator[tuple[RedisNode, ...]]:
    """An empty server of this computer, gone at the end."""
    from bootstrap.secrets import Secret
    from local.valkey.config import ADMIN
    from local.valkey.scratch import scratch
    from observe.nodes import redis_nodes

    with scratch() as node:
        yield redis_nodes(Secret(f"redis://{ADMIN}:{node.admin_password}@127.0.0.1:{node.port}"))
