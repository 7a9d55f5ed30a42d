"""Whether a restored instance could be used in place of the primary, from what was read of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from bootstrap.restored.look import RestoredCopy, UnreadableError


@dataclass(frozen=True, kw_only=True)
class RestoreCheck:
    """One question and its answer."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All of them."""

    checks: tuple[RestoreCheck, ...]
    rows: Mapping[str, int]
    """Rows of each table."""

    @property
    def ok(self) -> bool:
        """Whether it could be used in place of the primary."""
        return all(check.ok for check in self.checks)

    @property
    def message(self) -> str:
        """In a sentence: what is wrong, or what was looked at."""
        wrong = [f"{check.name}: {check.detail}" for check in self.checks if not check.ok]
        if wrong:
            return "; ".join(wrong)
        return f"{len(self.rows)} tables with {sum(self.rows.values())} rows, {len(self.checks)} checks passed"

    def as_json(self) -> dict[str, JsonValue]:
        """Return the stable form for machines."""
        return {"ok": self.ok, "message": self.message, **asdict(self)}


def judge(copy: RestoredCopy) -> Verdict:
    """Return the verdict; what could not be read is wrong."""
    return Verdict(checks=tuple(_check(name, of, copy) for name, of in _QUESTIONS.items()), rows=copy.rows)


def _check(name: str, of: Callable[[RestoredCopy], tuple[bool, str]], copy: RestoredCopy) -> RestoreCheck:
    try:
        ok, detail = of(copy)
    except UnreadableError as error:
        ok, detail = False, str(error)
    return RestoreCheck(name=name, ok=ok, detail=detail)


def _recovered(copy: RestoredCopy) -> tuple[bool, str]:
    standby = copy.standby.value
    return not standby, "it is a standby" if standby else "it is a primary"


def _migration(copy: RestoredCopy) -> tuple[bool, str]:
    at = copy.migration.value
    if at is None:
        return False, "no migration was ever applied"
    half_way = ", dirty: the recovery point lies within a migration that failed" if at.dirty else ""
    return not at.dirty, f"version {at.version}{half_way}"


def _access(copy: RestoredCopy) -> tuple[bool, str]:
    """The owner must be there; what else differs may be younger than the recovery point, and a bootstrap mends it."""
    changes = copy.plan.value.changes
    if any(action.verb == "create" and action.identity == copy.owner for action in changes):
        return False, f"the role {copy.owner} is missing"
    if not changes:
        return True, "as declared"
    return True, f"a bootstrap would change: {', '.join(f'{each.verb} {each.subject}' for each in changes)}"


def _indexes(copy: RestoredCopy) -> tuple[bool, str]:
    invalid = copy.invalid.value
    return not invalid, f"invalid: {', '.join(invalid)}" if invalid else "all valid"


def _content(copy: RestoredCopy) -> tuple[bool, str]:
    found, counted = copy.judged.value, copy.counted.value
    unread = f"; {copy.owner} may not read {', '.join(counted.unread)}" if counted.unread else ""
    if found is None:
        return True, f"no definition is committed{unread}"
    if found.wrong:
        return False, "; ".join(f"{each.kind} {each.object}: {each.what}" for each in found.wrong) + unread
    others = "; ".join(f"{each.kind} {each.object}: {each.what}" for each in found.counted) or "as defined"
    return True, "; ".join(filter(None, (others, found.note))) + unread


def _sequences(copy: RestoredCopy) -> tuple[bool, str]:
    """One that is behind its column hands out keys that are taken."""
    found = copy.sequences.value
    unread = f"; {copy.owner} may not read {', '.join(found.unread)}" if found.unread else ""
    if found.behind:
        return False, f"behind their column: {', '.join(found.behind)}{unread}"
    return True, f"{found.seen} ahead of their column{unread}"


def _beside(copy: RestoredCopy) -> tuple[bool, str]:
    """Tables fill and empty between two days; a copy without a single row of a database that has some is none."""
    if copy.alive is None:
        return True, "the primary was not asked"
    alive = {name: count for name, count in copy.alive.items() if name in copy.rows}  # not the books of the migrations
    if not any(copy.rows.values()) and any(alive.values()):
        return False, f"no table has a row, and the primary has about {sum(alive.values())}"
    empty = [name for name, count in alive.items() if count and copy.rows.get(name) == 0]
    return True, f"empty here and not there: {', '.join(sorted(empty))}" if empty else "no table is empty here alone"


def _write(copy: RestoredCopy) -> tuple[bool, str]:
    return copy.written.value, "written and rolled back"


_QUESTIONS: Mapping[str, Callable[[RestoredCopy], tuple[bool, str]]] = {
    "recovered": _recovered,
    "migration": _migration,
    "access": _access,
    "indexes": _indexes,
    "schema and rows": _content,
    "sequences": _sequences,
    "rows compared with the primary": _beside,
    "write": _write,
}
