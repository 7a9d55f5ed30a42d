"""What changes between a stack that was and one that would be: data, nothing judged. Pure.

What the provider takes for a change, and for which it makes another resource, is asked of the engine's own side
(`graph.diff`): there is one answer to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graph.defaults import complete
from graph.diff import diff
from graph.kind import Kind
from graph.kinds import changeable
from graph.marks import DEFAULTS, SECRET, UNSEEN
from graph.resource import Key, Resource, Shown, Standing
from graph.values import cast, same
from preview.references import Digests, Known, Translation, account, learned

Verb = Literal["create", "update", "delete", "same"]
_COMPARED = (Standing.HELD, Standing.GONE)
_ANOTHER = "[another secret]"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource before and after."""

    kind: Verb
    """A replacement is an update with `replaces`."""
    type: str
    name: str
    was: dict[str, Any] | None
    """Inputs before; None where it is made."""
    now: dict[str, Any] | None
    """Inputs after, what they refer to as the deployed stack has it; None where it is deleted."""
    protect: bool = False
    """Whether Pulumi refuses to delete or replace it."""
    retained: bool = False
    """Whether it stays in AWS when it leaves the program."""
    keys: tuple[str, ...] = ()
    """Top-level inputs that differ."""
    replaces: frozenset[str] = frozenset()
    """Those of them for which the provider makes another resource."""
    gone: bool = False
    """Whether it was deleted already, for a replacement that was not made."""
    tainted: bool = False
    """Whether any difference replaces it."""
    failed: tuple[str, ...] = ()
    """What its provider said when it did not come to rest."""
    replaced_with: tuple[str, ...] = ()
    """Names of the resources that are replaced, and it with them (resource option `replace_with`)."""
    place: str = ""
    """Its position in the file."""

    @property
    def replaced(self) -> bool:
        return self.tainted or bool(self.replaces) or bool(self.replaced_with)


def changes(before: Iterable[Resource], after: Iterable[Resource]) -> tuple[Change, ...]:
    """Every resource of both, in the order of `after`, the deleted at the end.

    `after` is in the order of a program: what a resource refers to comes before it.
    """
    was = {each.key: each for each in before if each.standing in _COMPARED}
    now = tuple(after)
    run = _Run(was, now)
    made = [run.change(each) for each in now]
    declared = {each.key for each in now}
    gone = [_gone(each) for key, each in was.items() if key not in declared and each.standing is Standing.HELD]
    return (*made, *gone)


class _Run:
    """The resources of a program one after the other, with what is known of those before."""

    def __init__(self, was: Mapping[Key, Resource], now: tuple[Resource, ...]) -> None:
        self._was = was
        self._digests = Digests(now)
        theirs, ours = account(was.values()), account(now)
        self._everywhere: Known = {ours: theirs} if ours and theirs and ours != theirs else {}
        self._known: dict[str, Known] = {}
        self._replaced: dict[str, str] = {}

    def change(self, each: Resource) -> Change:
        known = dict(self._everywhere)
        for urn in each.depends_on:
            known |= self._known.get(urn, {})
        translation = Translation(known)
        was = self._was.get(each.key)
        old = was.inputs if was else {}
        inputs = {
            key: self._digests.put(
                translation.put(value), old.get(key), lambda shown: self._differs(shown, translation), translation
            )
            for key, value in each.inputs.items()
        }
        change = self._compared(was, each, inputs, translation)
        if each.urn:
            if (change.gone or change.replaced) and not change.protect:
                self._replaced[each.urn] = each.name
            # What Pulumi refuses to replace stays as it is.
            stays = was if change.kind != "create" and (change.protect or not change.replaced) else None
            self._known[each.urn] = {**known, **learned(each, stays, _unknown(change))}
        return change

    def _compared(
        self, was: Resource | None, each: Resource, inputs: dict[str, Any], translation: Translation
    ) -> Change:
        common: dict[str, Any] = {"type": each.type, "name": each.name, "retained": each.retain_on_delete}
        if was is None or was.standing is Standing.GONE:
            gone = was is not None
            old = dict(was.inputs) if was else None
            # Pulumi asks the state, not the program, before it makes again what a replacement had deleted.
            protect = was.protect if was else each.protect
            return Change(kind="create", was=old, now=inputs, protect=protect, gone=gone, **common)
        inputs |= {
            key: _ANOTHER
            for key, copy in each.copies.items()
            if was.inputs.get(key) == SECRET and self._differs(copy, translation)
        }
        old, new, keys, replaces = _differing(was, each, inputs)
        along = tuple(self._replaced[urn] for urn in each.replace_with if urn in self._replaced)
        return Change(
            kind="update" if keys or was.tainted or was.failed or along else "same",
            was=old,
            now=new,
            # A program that lifts the protection has to be deployed before the resource can go.
            protect=was.protect or each.protect,
            keys=keys,
            replaces=replaces,
            tainted=was.tainted,
            failed=was.failed,
            replaced_with=along,
            place=was.place,
            **common,
        )

    def _differs(self, copy: Shown, translation: Translation) -> bool:
        """Whether the text that a secret holds too was another one where it can be seen."""
        key, name, text = copy
        seen = self._was.get(key)
        before = seen.inputs.get(name) if seen else None
        return isinstance(before, str) and before != SECRET and before != translation.put(text)


def _differing(
    was: Resource, each: Resource, inputs: Mapping[str, object]
) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...], frozenset[str]]:
    """Inputs of both sides with the provider's defaults, those that differ, and those that replace."""
    # What the provider filled in, and this table does not, says nothing of the program.
    old = {key: value for key, value in was.inputs.items() if key not in was.filled or key in inputs}
    new = {key: old.get(key) if value == UNSEEN else value for key, value in inputs.items()}
    old = {key: new.get(key) if value == UNSEEN else value for key, value in old.items()}
    kind = changeable(each.type)
    if kind is None:
        keys = {key for key in {*old, *new} - set(each.ignore_changes) if not same(old.get(key), new.get(key))}
        return old, new, tuple(sorted(keys)), frozenset()
    old, new = _filled(kind, each, was, old, new)
    found = diff(kind, old, new, each.ignore_changes, dict(was.outputs))
    old, new = ({key: value for key, value in side.items() if key != DEFAULTS} for side in (old, new))
    return cast(old, new), new, tuple(found.changed), found.replaces


def _filled(
    kind: Kind, each: Resource, was: Resource, old: dict[str, Any], new: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    noted = {**was.inputs, DEFAULTS: sorted(was.filled)}
    new = complete(kind, each.name, noted, new, b"")
    old = complete(kind, each.name, noted, old, b"")
    return old, new


def _unknown(change: Change) -> frozenset[str]:
    kind = changeable(change.type)
    if kind is None:
        return frozenset()
    return frozenset(output for output, causes in kind.follows.items() if causes & set(change.keys))


def _gone(each: Resource) -> Change:
    return Change(
        kind="delete",
        type=each.type,
        name=each.name,
        was=dict(each.inputs),
        now=None,
        protect=each.protect,
        retained=each.retain_on_delete,
        place=each.place,
    )
