"""A Redis user's rules as data, read from an access string, a line of ACL LIST or the answer of ACL GETUSER.

The rules of reading are those of acl.c in Valkey 9.1 (ACLSetUser, ACLSetSelector, ACLMergeSelectorArguments): from left
to right, where `+@all` and `-@all` clear the command rules before them and a repeated rule moves to the end.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bootstrap.redis.acl.table import CommandTable

Channels = Literal["allchannels", "resetchannels"]
"""`acl-pubsub-default`: what a user has of whom no rule speaks about channels."""

_HASH = re.compile(r"[0-9a-f]{64}")
_DATABASES = re.compile(r"db=(\d+(?:,\d+)*)", re.IGNORECASE)


class RuleError(ValueError):
    """A rule that the server would refuse, or that is not known here; the message quotes no password."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"`{rule}`: {reason}")
        self.rule = rule


class Permission(enum.Flag):
    """What a key pattern lets through."""

    READ = 1
    WRITE = 2
    BOTH = 3


_MARKS = {Permission.BOTH: "~", Permission.READ: "%R~", Permission.WRITE: "%W~"}


@dataclass(frozen=True, kw_only=True)
class Selector:
    """One set of rules that a command must satisfy as a whole: a user's root, or what stands in parentheses."""

    allkeys: bool = False
    """Whether every key is allowed (`~*`); there are no patterns then."""
    keys: Mapping[str, Permission] = field(default_factory=dict)
    """Pattern -> what it permits."""
    channels: tuple[str, ...] = ()
    """Channel patterns; `*` alone is `allchannels`."""
    databases: frozenset[int] | None = None
    """Databases (Valkey 9.1); None is all."""
    everything: bool = False
    """Whether the last reset was `+@all`: then commands that do not exist yet are allowed too."""
    commands: tuple[str, ...] = ()
    """Command rules after that reset, e.g. `+@read`, `-get`."""

    def __str__(self) -> str:
        """In the order and spelling of ACL LIST (acl.c, ACLDescribeSelector)."""
        channels = ["&*"] if self.channels == ("*",) else ["resetchannels", *(f"&{c}" for c in self.channels)]
        databases = [f"db={','.join(map(str, sorted(self.databases)))}"] if self.databases else []
        if self.databases is not None and not self.databases:
            databases = ["resetdbs"]
        keys = [f"{_MARKS[permission]}{pattern}" for pattern, permission in self.keys.items()]
        return " ".join(
            ["~*"] * self.allkeys
            + [*keys, *channels, *databases, "+@all" if self.everything else "-@all", *self.commands]
        )


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """Everything that the rules of one user say."""

    on: bool = False
    nopass: bool = False
    skip_sanitize: bool = False
    """Whether RESTORE takes its payloads unchecked (`skip-sanitize-payload`)."""
    hashes: frozenset[str] = frozenset()
    """SHA-256 of the passwords in hex; never shown."""
    root: Selector
    selectors: tuple[Selector, ...] = ()

    def __str__(self) -> str:
        """The canonical access string, without passwords."""
        flags = ["on" if self.on else "off", *["nopass"] * self.nopass]
        flags += ["skip-sanitize-payload"] * self.skip_sanitize
        return " ".join([*flags, str(self.root), *(f"({selector})" for selector in self.selectors)])


def parse(text: str, *, table: CommandTable | None = None, channels: Channels = "resetchannels") -> RuleSet:
    """Return the rules of an access string as a new user would have them; raise RuleError.

    With `table` unknown commands and categories are refused as that server would. `channels` is what the server gives
    a new user (`acl-pubsub-default`; ElastiCache's own default is allchannels).
    """
    return _Reader(table, channels, listed=False).read(text)


def parse_line(line: str) -> tuple[str, RuleSet]:
    """Return name and rules of one line of ACL LIST or of an ACL file."""
    _, name, *rules = line.split(" ", 2)
    return name, parse_listed(" ".join(rules))


def parse_listed(text: str) -> RuleSet:
    """Return the rules of a text that a server made: `%RW~*` beside other patterns is listed there as `~*`."""
    return _Reader(None, "resetchannels", listed=True).read(text)


def parse_getuser(answer: Any) -> RuleSet | None:
    """Return the rules of an ACL GETUSER answer: RESP2's flat array or RESP3's map, None where there is no such user.

    Up to 6.2 keys and channels are lists without their mark; later versions add fields, which are looked up by name.
    """
    if answer is None:
        return None
    fields = _fields(answer)
    rules = [*fields.get("flags", ()), *(f"#{hashed}" for hashed in fields.get("passwords", ()))]
    rules = [str(rule) for rule in rules if rule not in {"allkeys", "allchannels", "allcommands"}]
    flags = set(fields.get("flags", ()))
    rules += _described(fields, flags)
    rules += [_in_parentheses(selector) for selector in fields.get("selectors") or ()]
    return parse_listed(" ".join(rules))


def _in_parentheses(selector: Any) -> str:
    return f"({' '.join(_described(_fields(selector), set()))})"


def _fields(answer: Any) -> dict[str, Any]:
    pairs = answer.items() if isinstance(answer, Mapping) else zip(answer[::2], answer[1::2], strict=True)
    return {str(name): value for name, value in pairs}


def _described(fields: Mapping[str, Any], flags: set[str]) -> list[str]:
    keys = ["~*"] if "allkeys" in flags else _patterns(fields.get("keys", ""), "~")
    channels = ["&*"] if "allchannels" in flags else _patterns(fields.get("channels", ""), "&")
    databases = str(fields.get("databases", "alldbs"))
    return [*keys, *channels, *(databases.split() or ["resetdbs"]), *str(fields.get("commands", "")).split()]


def _patterns(value: str | Sequence[str], mark: str) -> list[str]:
    return value.split() if isinstance(value, str) else [f"{mark}{pattern}" for pattern in value]


def merged(words: Iterable[str]) -> Iterator[str]:
    """Put the words of a selector together again, as the server does with the arguments of SETUSER."""
    selector: list[str] = []
    for word in words:
        if selector or (word.startswith("(") and not word.endswith(")")):
            selector.append(word)
            if len(selector) > 1 and word.endswith(")"):
                yield " ".join(selector)
                selector = []
        else:
            yield word
    if selector:
        raise RuleError(" ".join(selector), "its parenthesis is never closed")


class _Reader:
    """The user while its rules are read."""

    def __init__(self, table: CommandTable | None, channels: Channels, *, listed: bool) -> None:
        self._table = table
        self._listed = listed
        self._fresh = Selector(channels=("*",) if channels == "allchannels" else ())
        self._rules = RuleSet(root=self._fresh)

    def read(self, text: str) -> RuleSet:
        for rule in merged(text.split()):
            self._user(rule)
        return self._rules

    def _user(self, rule: str) -> None:
        """acl.c, ACLSetUser."""
        word = rule.lower()
        rules = self._rules
        if word in {"on", "off"}:
            rules = replace(rules, on=word == "on")
        elif word in {"sanitize-payload", "skip-sanitize-payload"}:
            rules = replace(rules, skip_sanitize=word.startswith("skip"))
        elif word in {"nopass", "resetpass"}:
            rules = replace(rules, nopass=word == "nopass", hashes=frozenset())
        elif rule[:1] in {"#", "!"}:
            rules = self._hash(rule)
        elif rule[:1] in {">", "<"}:
            raise RuleError(rule[0] + "***", "a password in the clear; keep it in the secret")
        elif word == "clearselectors":
            rules = replace(rules, selectors=())
        elif word == "reset":
            rules = RuleSet(root=self._fresh)
        elif rule.startswith("(") and rule.endswith(")"):
            rules = replace(rules, selectors=(*rules.selectors, self._selector(rule[1:-1])))
        else:
            rules = replace(rules, root=self._set(rules.root, rule))
        self._rules = rules

    def _hash(self, rule: str) -> RuleSet:
        if not _HASH.fullmatch(rule[1:]):
            raise RuleError(rule[0] + "***", "a password's hash is 64 lower-case hexadecimal digits")
        if rule[0] == "#":
            return replace(self._rules, nopass=False, hashes=self._rules.hashes | {rule[1:]})
        if rule[1:] not in self._rules.hashes:
            raise RuleError("!***", "the user has no such password")
        return replace(self._rules, hashes=self._rules.hashes - {rule[1:]})

    def _selector(self, text: str) -> Selector:
        if '"' in text or "'" in text:
            # sdssplitargs takes them for quotes: the pattern would become another one, or the selector empty.
            raise RuleError(f"({text})", "a selector cannot hold quotation marks")
        selector = self._fresh
        for rule in text.split():
            selector = self._set(selector, rule)
        return selector

    def _set(self, selector: Selector, rule: str) -> Selector:
        """acl.c, ACLSetSelector."""
        word = rule.lower()
        if word in {"allkeys", "~*"}:
            return replace(selector, allkeys=True, keys={})
        if word == "resetkeys":
            return replace(selector, allkeys=False, keys={})
        if word in {"allchannels", "&*"}:
            return replace(selector, channels=("*",))
        if word == "resetchannels":
            return replace(selector, channels=())
        if word in {"alldbs", "resetdbs"} or word.startswith("db="):
            return replace(selector, databases=self._databases(selector, rule))
        if word in {"allcommands", "+@all", "nocommands", "-@all"}:
            return replace(selector, everything=word in {"allcommands", "+@all"}, commands=())
        if rule[:1] in {"~", "%"}:
            return replace(selector, allkeys=False, keys=self._key(selector, rule))
        if rule.startswith("&"):
            if selector.channels == ("*",):
                raise RuleError(rule, "all channels are allowed already; begin with `resetchannels`")
            return replace(selector, channels=tuple(dict.fromkeys((*selector.channels, rule[1:]))))
        if rule[:1] in {"+", "-"}:
            return replace(selector, commands=_moved(selector.commands, word[0] + self._command(word)))
        raise RuleError(rule, "is no rule of an ACL")

    def _databases(self, selector: Selector, rule: str) -> frozenset[int] | None:
        if rule.lower() == "alldbs":
            return None
        if rule.lower() == "resetdbs":
            return frozenset()
        if not (found := _DATABASES.fullmatch(rule)):
            raise RuleError(rule, "write `db=0` or `db=0,1`")
        return (selector.databases or frozenset()) | set(map(int, found[1].split(",")))

    def _key(self, selector: Selector, rule: str) -> dict[str, Permission]:
        mark, tilde, pattern = rule.partition("~")
        letters = mark[1:].upper()
        if not tilde or (mark and (not letters or len(set(letters)) < len(letters) or set(letters) - {"R", "W"})):
            raise RuleError(rule, "write `~pattern`, `%R~pattern` or `%W~pattern`")
        if selector.allkeys and not self._listed:
            raise RuleError(rule, "all keys are allowed already; begin with `resetkeys`")
        before = {"*": Permission.BOTH} if selector.allkeys else dict(selector.keys)
        wanted = Permission.BOTH if not mark else Permission(0)
        wanted |= Permission.READ if "R" in letters else Permission(0)
        wanted |= Permission.WRITE if "W" in letters else Permission(0)
        return {**before, pattern: before.get(pattern, Permission(0)) | wanted}

    def _command(self, word: str) -> str:
        name, table = word[1:], self._table
        if not name or name in {"@", "@all"}:
            raise RuleError(word, "names no command")
        if name.startswith("@"):
            if table and name[1:] not in table.categories:
                raise RuleError(word, "the server has no such category")
            return name
        parent, bar, last = name.rpartition("|")
        if bar and not last:
            raise RuleError(word, "names no subcommand")
        if not table:
            return name
        if name not in table.commands:
            if "|" in parent:
                raise RuleError(word, "a subcommand cannot be limited to an argument")
            if not (bar and word[0] == "+" and parent in table.commands and parent not in table.subcommands):
                raise RuleError(word, "the server has no such command")
        return name


def _moved(rules: tuple[str, ...], new: str) -> tuple[str, ...]:
    """Return the rules with `new` at the end and without what it replaces (acl.c, ACLSelectorRemoveCommandRule)."""
    name = new[1:]
    return (*(rule for rule in rules if rule[1:] != name and not rule[1:].startswith(f"{name}|")), new)
