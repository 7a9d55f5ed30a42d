"""Whether what came back could take its source's place: the proof of restore tests, and what a drill adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from bootstrap import schema
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint
from bootstrap.restored.look import look
from bootstrap.restored.verdict import judge
from keep.drill.canary import Heartbeat, newest
from keep.drill.scene import Stage


def prove(stage: Stage, endpoint: Endpoint) -> str:
    """Look at the copy as its master, note each check, and say what was proved."""
    with stage.scene.as_master(endpoint) as conn:
        return judged(stage, conn, alive=_alive(stage))


def judged(stage: Stage, conn: psycopg.Connection[Any], *, alive: Mapping[str, int] | None = None) -> str:
    """Judge a restored database by a session of its master's, note each check, and say what was proved.

    :param alive: about how many rows each table of the source has; None where that was not asked.
    """
    found = judge(look(conn, stage.scene.access, stage.scene.migrations, alive=alive))
    for check in found.checks:
        stage.notes.check(check.name, check.ok, check.detail)
    return found.message


def same_settings(stage: Stage, copy: str) -> None:
    """Note whether a copy has its source's parameter and security groups: by AWS's default it has AWS's own.

    And whether it can be reached from the internet, which it must not be.
    """
    scene = stage.scene
    source, made = scene.estate.instance(scene.source), scene.estate.instance(copy)
    was, is_ = (dict(each.settings) if each else {} for each in (source, made))
    other = [f"{name} is {is_.get(name)} and not {value}" for name, value in was.items() if is_.get(name) != value]
    if made is not None and made.public:
        other.append("it is publicly accessible")
    well = "the groups and parameters of the source"
    if source is None:
        well = f"not compared: {scene.source} is in another region than the copy"
    stage.notes.check("settings", not other, "; ".join(other) or well)


def heartbeat(stage: Stage, endpoint: Endpoint) -> Heartbeat | None:
    """Return the newest heartbeat of this run that came back."""
    return newest(lambda database: stage.scene.as_master(endpoint, database), stage.notes.id)


def _alive(stage: Stage) -> dict[str, int] | None:
    try:
        with stage.scene.as_master() as conn:
            return schema.estimate(conn)
    except BootstrapError:
        return None
