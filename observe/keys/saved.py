"""An interrupted survey as a file, so that another process can go on: counts, and a cursor with where it is good.

It holds names of keys, so it is for its owner alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from observe.errors import QuestionError
from observe.keys.allowed import Allowed
from observe.keys.group import Group
from observe.keys.record import Record
from observe.keys.spaces import Spaces
from observe.keys.survey import Part, Survey
from observe.keys.tally import Tally, Top

_VERSION = 1


class SavedError(QuestionError):
    """A file that holds no interrupted survey of these key spaces."""


def save(survey: Survey, path: Path) -> None:
    """Write it, readable by its owner alone. Raise OSError."""
    part = survey.part
    document = {
        "version": _VERSION,
        "spaces": _spaces(survey.spaces),
        "complete": [[*place, seen] for place, seen in survey.complete.items()],
        "nodes": survey.nodes,
        "failures": survey.failures,
        "tally": _of_tally(survey.tally),
        "part": part
        and {
            "shard": part.shard,
            "database": part.database,
            "node": part.node,
            "run": part.run,
            "cursor": part.cursor.decode(),
            "seen": part.seen,
            "tally": _of_tally(part.tally),
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document), encoding="utf-8")


def load(path: Path, spaces: Spaces, allowed: Allowed) -> Survey:
    """Read one. Raise SavedError."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SavedError(f"{path}: no scan was interrupted here; begin one without --resume") from None
    except (OSError, ValueError) as error:
        raise SavedError(f"{path} cannot be read ({error}); begin again without --resume") from None
    if not isinstance(found, dict) or found.get("version") != _VERSION:
        raise SavedError(f"{path} holds no interrupted scan; begin one without --resume")
    if found["spaces"] != _spaces(spaces):
        raise SavedError(f"{path} is of other key spaces than access.yaml has now; begin again without --resume")
    made = Survey(spaces=spaces, allowed=allowed)
    made.complete = {(shard, database): seen for shard, database, seen in found["complete"]}
    made.nodes, made.failures = found["nodes"], found["failures"]
    made.tally = _tally(found["tally"], spaces)
    if part := found["part"]:
        made.part = Part(
            shard=part["shard"],
            database=part["database"],
            node=part["node"],
            run=part["run"],
            cursor=part["cursor"].encode(),
            tally=_tally(part["tally"], spaces),
            seen=part["seen"],
            resumed=True,
        )
    return made


def _spaces(spaces: Spaces) -> list[object]:
    return [
        spaces.cache,
        spaces.clustered,
        {name: each.model_dump(mode="json") for name, each in spaces.declared.items()},
    ]


def _of_tally(tally: Tally) -> dict[str, object]:
    return {
        "declared": {name: _of_group(group) for name, group in tally.declared.items()},
        "elsewhere": [[*place, _of_group(group)] for place, group in tally.elsewhere.items()],
        "undeclared": [
            [database, pattern.decode("latin-1"), _of_group(group)]
            for database, patterns in tally.undeclared.items()
            for pattern, group in patterns.items()
        ],
        "refused": list(tally.refused.items()),
        **{name: [_of_record(each) for each in getattr(tally, name)] for name in _TOPS},
    }


_TOPS = {"biggest": "size", "longest": "elements", "hottest": "frequency"}


def _tally(found: dict[str, Any], spaces: Spaces) -> Tally:
    made = Tally(spaces)
    made.declared = {name: _group(group) for name, group in found["declared"].items()}
    made.elsewhere = {(name, database): _group(group) for name, database, group in found["elsewhere"]}
    for database, pattern, group in found["undeclared"]:
        made.undeclared.setdefault(database, {})[pattern.encode("latin-1")] = _group(group)
    made.refused = dict(found["refused"])
    for name, value in _TOPS.items():
        top: Top = getattr(made, name)
        for each in found[name]:
            record = Record(*each)._replace(key=each[1].encode("latin-1"))
            top.add(getattr(record, value), record)
    return made


def _of_group(group: Group) -> dict[str, object]:
    forever = group.forever
    return {**asdict(group), "forever": None if forever is None else forever.decode("latin-1")}


def _group(found: dict[str, Any]) -> Group:
    forever = found["forever"]
    lives = {int(at): count for at, count in found["lives"].items()}
    return Group(**{**found, "lives": lives, "forever": None if forever is None else forever.encode("latin-1")})


def _of_record(record: Record) -> list[object]:
    return [each.decode("latin-1") if isinstance(each, bytes) else each for each in record]
