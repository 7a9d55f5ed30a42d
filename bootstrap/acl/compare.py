"""Two rule sets compared by their effect on one server, and the difference in words.

Equal are rule sets that let the same commands reach the same keys, channels and databases, however they are written:
command rules are expanded by the server's own table, key patterns are compared as sets of keys. One thing beyond that
is kept: `+@all` reaches commands that do not exist yet, an enumeration does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bootstrap.acl.expand import expand
from bootstrap.acl.glob import includes
from bootstrap.acl.rules import Channels, Permission, RuleError, RuleSet, Selector, parse, parse_listed
from bootstrap.acl.table import CommandTable

_SHOWN = 8
_NAMES = {
    Permission.BOTH: "read and written",
    Permission.READ: "read-only",
    Permission.WRITE: "write-only",
}


@dataclass(frozen=True)
class RuleDifference:
    """One thing that changes, from what is to what is wanted."""

    text: str
    takes_away: bool
    """Whether somebody who uses it now may stop working."""

    def __str__(self) -> str:
        return self.text


def differences(live: RuleSet, wanted: RuleSet, table: CommandTable) -> tuple[RuleDifference, ...]:
    """Return what the change from `live` to `wanted` does; nothing where both have the same effect. Passwords aside."""
    found = [*_flags(live, wanted), *_selector(live.root, wanted.root, table, "")]
    before = [s for s in live.selectors if not _void(s, table)]
    after = [s for s in wanted.selectors if not _void(s, table)]
    gone = [s for s in before if not any(same(s, other, table) for other in after)]
    new = [s for s in after if not any(same(s, other, table) for other in before)]
    if len(gone) == len(new) == 1:
        found += _selector(gone[0], new[0], table, f"selector ({new[0]}): ")
    else:
        found += [RuleDifference(f"loses the selector ({each})", takes_away=True) for each in gone]
        found += [RuleDifference(f"gains the selector ({each})", takes_away=False) for each in new]
    return tuple(found)


def text_differences(
    live: str, wanted: str, table: CommandTable, *, channels: Channels | None = None
) -> tuple[RuleDifference, ...]:
    """Compare two texts, by letters where a rule is not known here.

    `live` is as a server lists it; with `channels` it is an access string, and that the default where it names none.
    """
    try:
        before = parse(live, channels=channels) if channels else parse_listed(live)
        return differences(before, parse(wanted), table)
    except RuleError as error:
        if live.split() == wanted.split():
            return ()
        return (
            RuleDifference(
                f"{live} -> {wanted} (compared by text: {error})",
                takes_away=True,  # what an unknown rule gives is not known
            ),
        )


def same(one: Selector, other: Selector, table: CommandTable) -> bool:
    """Whether both selectors have the same effect."""
    return not any(_selector(one, other, table, ""))


def _void(selector: Selector, table: CommandTable) -> bool:
    allowed = expand(selector, table)
    return not (allowed.commands or allowed.future or allowed.arguments)


def _flags(live: RuleSet, wanted: RuleSet) -> Iterator[RuleDifference]:
    if live.on != wanted.on:
        yield RuleDifference("turned on" if wanted.on else "turned off", takes_away=live.on)
    if live.nopass != wanted.nopass:
        text = "logs in without a password" if wanted.nopass else "no longer without a password"
        yield RuleDifference(text, takes_away=live.nopass)
    if live.skip_sanitize != wanted.skip_sanitize:
        text = "payloads of RESTORE are taken unchecked" if wanted.skip_sanitize else "payloads of RESTORE are checked"
        yield RuleDifference(text, takes_away=False)


def _selector(live: Selector, wanted: Selector, table: CommandTable, where: str) -> Iterator[RuleDifference]:
    for part in (
        _commands(live, wanted, table),
        _keys(live, wanted),
        _channels(live, wanted),
        _databases(live, wanted),
    ):
        for difference in part:
            yield RuleDifference(where + difference.text, difference.takes_away)


def _commands(live: Selector, wanted: Selector, table: CommandTable) -> Iterator[RuleDifference]:
    if (live.everything, live.commands) == (wanted.everything, wanted.commands):
        return
    before, after = expand(live, table), expand(wanted, table)
    lost = (before.commands | before.arguments) - (after.commands | after.arguments)
    # An argument is not lost where the whole command is allowed now.
    lost -= {each for each in before.arguments if each.partition("|")[0] in after.commands}
    gained = (after.commands | after.arguments) - (before.commands | before.arguments)
    gained -= {each for each in after.arguments if each.partition("|")[0] in before.commands}
    if lost:
        yield RuleDifference(f"may no longer: {listed(lost)}", takes_away=True)
    if gained:
        yield RuleDifference(f"may now: {listed(gained)}", takes_away=False)
    if before.future != after.future:
        text = "may now call" if after.future else "may no longer call"
        yield RuleDifference(f"{text} commands that the server gets later", takes_away=before.future)


def _keys(live: Selector, wanted: Selector) -> Iterator[RuleDifference]:
    before, after = patterns(live), patterns(wanted)
    if before == after:
        return
    lost = {p: _uncovered(p, permission, after) for p, permission in before.items()}
    gained = {p: _uncovered(p, permission, before) for p, permission in after.items()}
    for pattern in (p for p in before if lost[p]):
        if pattern in after:
            yield RuleDifference(f"key pattern {pattern} now {_NAMES[after[pattern]]}", takes_away=True)
        else:
            yield RuleDifference(f"no longer the key pattern {_said(pattern, before[pattern])}", takes_away=True)
    for pattern in (p for p in after if gained[p]):
        if pattern not in before:
            yield RuleDifference(f"new key pattern {_said(pattern, after[pattern])}", takes_away=False)
        elif not lost[pattern]:
            yield RuleDifference(f"key pattern {pattern} now {_NAMES[after[pattern]]}", takes_away=False)


def patterns(selector: Selector) -> dict[str, Permission]:
    """Return the key patterns, `*` for all keys."""
    return {"*": Permission.BOTH} if selector.allkeys else dict(selector.keys)


def _uncovered(pattern: str, permission: Permission, others: dict[str, Permission]) -> bool:
    """Whether some key of `pattern` is not permitted as much by `others`; both needs must be met by one pattern."""
    if permission in others.get(pattern, Permission(0)):
        return False
    return not includes([p for p, may in others.items() if permission in may], pattern)


def _said(pattern: str, permission: Permission) -> str:
    return pattern if permission == Permission.BOTH else f"{pattern} ({_NAMES[permission]})"


def _channels(live: Selector, wanted: Selector) -> Iterator[RuleDifference]:
    # As letters: PSUBSCRIBE wants the very pattern.
    before, after = set(live.channels), set(wanted.channels)
    if before == {"*"} and after and after != before:
        yield RuleDifference(f"only the channels {listed(after)}", takes_away=True)
    elif after == {"*"} and before != after:
        yield RuleDifference("every channel", takes_away=False)
    else:
        if before - after:
            yield RuleDifference(f"no longer the channels {listed(before - after)}", takes_away=True)
        if after - before:
            yield RuleDifference(f"new channels {listed(after - before)}", takes_away=False)


def _databases(live: Selector, wanted: Selector) -> Iterator[RuleDifference]:
    if live.databases != wanted.databases:
        less = wanted.databases is not None and (live.databases is None or bool(live.databases - wanted.databases))
        which = "all databases" if wanted.databases is None else f"databases {sorted(wanted.databases) or 'none'}"
        yield RuleDifference(f"{which} only" if less else which, takes_away=less)


def listed(names: Iterable[str]) -> str:
    """Return the names for a sentence, the first few of many."""
    ordered = sorted(names)
    more = len(ordered) - _SHOWN
    return ", ".join(ordered[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
