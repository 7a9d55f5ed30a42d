"""The drill `redis`: a cache is lost and comes back from its snapshot, or is shown to be refillable.

A cache is refillable where every key space that is declared for it has a longest life (`ttl`): whatever is in it goes
by itself, so the application has to be able to make it anew. Of such a one the keys of the copy are removed too, and
what must be there at once is what no application can make: its users, with their rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keep.drill import cache_proof, copies, wait
from keep.drill.cache_choice import Chosen, chosen, snapshot_of
from keep.drill.drill import Step
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.scene import Scene, Stage
from keep.estate.estate import Cache
from keep.estate.naming import copy_name

_FROM, _PART, _TAKEN = "restored from", "snapshot", "taken at"


@dataclass(frozen=True, kw_only=True)
class LostCache:
    """Implements `Drill`."""

    cache: str | None = None
    """Its name in the declaration; None: the first that is not refillable, or else the first."""
    snapshot: str | None = None
    """Identifier of one that is there, or `newest`; None: the drill takes one of its own."""

    @property
    def name(self) -> DrillName:
        return "redis"

    @property
    def asked(self) -> dict[str, str]:
        asked = {"cache": self.cache, "snapshot": self.snapshot}
        return {name: value for name, value in asked.items() if value}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        cache, prefix = chosen(scene, self.cache), scene.stack.prefix
        own = copy_name(prefix, run, _PART)
        found = snapshot_of(scene, cache, self.snapshot).identifier if self.snapshot else own
        lost = (
            "removes its keys as well: all of them are declared to expire, so the application refills it"
            if cache.refillable
            else "compares its keys with the source's, key space by key space"
        )
        return DrillPlan(
            drill="redis",
            stack=scene.stack.stack,
            makes=(f"cache {copy_name(prefix, run)}", *(() if self.snapshot else (f"cache snapshot {own}",))),
            touches=self._touches(cache),
            does=(
                f"restores the snapshot {found} of {cache.identifier} into a new cache",
                lost,
                "logs in as every identity, and tries what each may do and must not",
                "destroys what it made and proves that it is gone",
            ),
            seconds=scene.usual_seconds("redis"),
        )

    def _touches(self, cache: Chosen) -> tuple[str, ...]:
        if self.snapshot:
            return ()
        beats = cache_proof.beats(cache)
        return (
            f"a snapshot of {cache.identifier} is taken",
            *((f"{cache.identifier} gets a heartbeat, a key of its own that is removed at the end",) if beats else ()),
        )

    def prepare(self, stage: Stage) -> None:
        scene, notes = stage.scene, stage.notes
        cache = self._chosen(stage)
        notes.facts = {**notes.facts, cache_proof.CACHE: cache.name}
        if self.snapshot is not None:
            found = snapshot_of(scene, cache, self.snapshot)
        else:
            name = stage.name(_PART)
            if not cache.refillable:
                cache_proof.remember(stage, cache)
                cache_proof.beat(stage, cache)
            found = copies.snapshot(
                stage,
                name,
                lambda: scene.estate.cache_snapshots(cache.identifier),
                lambda: scene.estate.create_cache_snapshot(cache.identifier, name, made_by=notes.id),
            )
        assert found.taken_at is not None  # noqa: S101 of one that is available it is known
        notes.facts = {
            **notes.facts,
            _FROM: found.identifier,
            _TAKEN: found.taken_at.isoformat(),
        }
        notes.incident_at = cache_proof.clock(stage, cache)

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=self._detect),
            Step(phase="restore", do=self._restore),
            Step(phase="prove", do=self._prove),
            Step(phase="serve", do=lambda stage: cache_proof.serve(stage, self._chosen(stage), _there(stage))),
        )

    def _chosen(self, stage: Stage) -> Chosen:
        return chosen(stage.scene, stage.notes.facts.get(cache_proof.CACHE, self.cache))

    def _detect(self, stage: Stage) -> str:
        notes, cache = stage.notes, self._chosen(stage)
        if cache.refillable:
            return f"{cache.name} is refillable: every key space of it is declared to expire; nothing of it is missed"
        notes.lost_since(datetime.fromisoformat(notes.facts[_TAKEN]), "when the snapshot was taken")
        return f"decided to restore the snapshot {notes.facts[_FROM]}"

    def _restore(self, stage: Stage) -> str:
        scene, cache, name = stage.scene, self._chosen(stage), stage.name()

        def make() -> None:
            scene.estate.create_cache(stage.notes.facts[_FROM], name, like=cache.identifier, made_by=stage.notes.id)

        copies.cache(stage, name, make)
        found = _there(stage)
        assert found.endpoint is not None  # noqa: S101 of one that is available it is known
        return f"{name} answers at {found.endpoint.host}:{found.endpoint.port}"

    def _prove(self, stage: Stage) -> str:
        cache = self._chosen(stage)
        prove = cache_proof.emptied if cache.refillable else cache_proof.compared
        return prove(stage, cache, _there(stage))


def _there(stage: Stage) -> Cache:
    return wait.cache_available(stage.scene, stage.name())
