"""Waiting for what an estate makes: looked at again and again, with a deadline, by the scene's own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bootstrap.manifest import Endpoint
from keep.drill.drill import NotWholeError
from keep.drill.scene import Scene
from keep.drill.words import span
from keep.errors import EstateError
from keep.estate.estate import Cache

_T = TypeVar("_T")


def until(scene: Scene, what: str, look: Callable[[], _T | None]) -> _T:
    """Return what `look` brings as soon as it brings something; raise EstateError where it never does.

    What it raises and may pass, such as a throttled call, is no end: it is looked again.
    """
    began, trouble = scene.now(), ""
    while True:
        try:
            if (found := look()) is not None:
                return found
            trouble = ""
        except EstateError as error:
            if not error.passing:
                raise
            trouble = f": {error}"
        waited = (scene.now() - began).total_seconds()
        if waited >= scene.patience:
            raise EstateError(f"{what} is not there after {span(waited)}{trouble}")
        scene.sleep(scene.poll)


def instance_available(scene: Scene, identifier: str) -> Endpoint:
    """Wait for an instance and return where it listens. Raise NotWholeError where it has failed to come up."""

    def look() -> Endpoint | None:
        found = scene.estate.instance(identifier)
        if found is None:
            raise NotWholeError(f"the instance {identifier} is gone before it was available")
        if found.status == "failed":
            raise NotWholeError(f"the instance {identifier} failed to come up")
        return found.endpoint if found.status == "available" else None

    return until(scene, f"the instance {identifier}", look)


def cache_available(scene: Scene, identifier: str) -> Cache:
    """Wait for a cache and return it. Raise NotWholeError where it has failed to come up."""

    def look() -> Cache | None:
        found = scene.estate.cache(identifier)
        if found is None:
            raise NotWholeError(f"the cache {identifier} is gone before it was available")
        if found.status == "failed":
            raise NotWholeError(f"the cache {identifier} failed to come up")
        return found if found.status == "available" and found.endpoint else None

    return until(scene, f"the cache {identifier}", look)
