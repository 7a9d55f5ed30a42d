"""A Redis user's rules as data, read from an access string, a line of ACL LIST or the answer of ACL GETUSER.

The rules of reading are those of acl.c in Valkey 9.1 (ACLSetUser, ACLSetSelector, ACLMergeSelectorArguments): from left
to right, where `+@all` and `-@all` clear the command rules before them and a repeated rule moves to the end.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bootstrap.acl.table import CommandTable

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


# The first letters of rules that belong to a selector.
_SELECTOR_MARKS = frozenset("~%&+-")
_PERMISSIONS = {
    "": Permission.BOTH,
    "%R": Permission.READ,
    "%W": Permission.WRITE,
    "%RW": Permission.BOTH,
    "%WR": Permission.BOTH,
}
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
        # A server lists `%RW~*` as `~*` and would not take it so with other patterns.
        keys = [
            "%RW~*" if (pattern, permission) == ("*", Permission.BOTH) else f"{_MARKS[permission]}{pattern}"
            for pattern, permission in self.keys.items()
        ]
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


def parse_listed(text: str) -> RuleSet:
    """Return the rules of a text that a server made: `%RW~*` with other patterns is listed there as `~*`."""
    return _Reader(None, "resetchannels", listed=True).read(text)


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
        self._channels = channels

    def read(self, text: str) -> RuleSet:
        self._reset()
        for rule in merged(text.split()):
            self._user(rule)
        return RuleSet(
            on=self._on,
            nopass=self._nopass,
            skip_sanitize=self._skip,
            hashes=frozenset(self._hashes),
            root=self._root.frozen(),
            selectors=tuple(self._selectors),
        )

    def _reset(self) -> None:
        self._on = self._nopass = self._skip = False
        self._hashes: set[str] = set()
        self._root = self._fresh()
        self._selectors: list[Selector] = []

    def _fresh(self) -> _Open:
        return _Open(self._table, everywhere=self._channels == "allchannels", listed=self._listed)

    def _user(self, rule: str) -> None:
        """acl.c, ACLSetUser."""
        if rule[0] in _SELECTOR_MARKS:
            self._root.take(rule)
        elif rule[0] == "(" and rule[-1] == ")":
            self._selectors.append(self._selector(rule[1:-1]))
        elif rule[0] in "#!":
            self._hash(rule)
        elif rule[0] in "><":
            raise RuleError(rule[0] + "***", "a password in the clear; keep it in the secret")
        else:
            self._word(rule, rule.lower())

    def _word(self, rule: str, word: str) -> None:
        if word in {"on", "off"}:
            self._on = word == "on"
        elif word in {"sanitize-payload", "skip-sanitize-payload"}:
            self._skip = word.startswith("skip")
        elif word in {"nopass", "resetpass"}:
            self._nopass, self._hashes = word == "nopass", set()
        elif word == "clearselectors":
            self._selectors = []
        elif word == "reset":
            self._reset()
        else:
            self._root.take(rule)

    def _hash(self, rule: str) -> None:
        if not _HASH.fullmatch(rule[1:]):
            raise RuleError(rule[0] + "***", "a password's hash is 64 lower-case hexadecimal digits")
        if rule[0] == "#":
            self._nopass = False
            self._hashes.add(rule[1:])
        elif rule[1:] in self._hashes:
            self._hashes.remove(rule[1:])
        else:
            raise RuleError("!***", "the user has no such password")

    def _selector(self, text: str) -> Selector:
        if '"' in text or "'" in text:
            # sdssplitargs takes them for quotes: the pattern would become another one, or the selector empty.
            raise RuleError(f"({text})", "a selector cannot hold quotation marks")
        opened = self._fresh()
        for rule in text.split():
            opened.take(rule)
        return opened.frozen()


class _Open:
    """A selector while its rules are read (acl.c, ACLSetSelector)."""

    def __init__(self, table: CommandTable | None, *, everywhere: bool, listed: bool) -> None:
        self._table = table
        self._listed = listed
        self._allkeys = False
        self._keys: dict[str, Permission] = {}
        self._channels: dict[str, None] = {"*": None} if everywhere else {}
        self._databases: frozenset[int] | None = None
        self._everything = False
        self._commands: dict[str, str] = {}

    def frozen(self) -> Selector:
        return Selector(
            allkeys=self._allkeys,
            keys=self._keys,
            channels=tuple(self._channels),
            databases=self._databases,
            everything=self._everything,
            commands=tuple(sign + name for name, sign in self._commands.items()),
        )

    def take(self, rule: str) -> None:
        word = rule.lower()
        if word in {"allcommands", "+@all", "nocommands", "-@all"}:
            self._everything, self._commands = word in {"allcommands", "+@all"}, {}
        elif rule[0] in "+-":
            self._command(word)
        elif word in {"allkeys", "resetkeys"} or (word == "~*" and not (self._listed and self._keys)):
            self._allkeys, self._keys = word != "resetkeys", {}
        elif rule[0] in "~%":
            self._key(rule)
        elif word in {"allchannels", "&*", "resetchannels"}:
            self._channels = {} if word == "resetchannels" else {"*": None}
        elif rule[0] == "&":
            if "*" in self._channels:
                raise RuleError(rule, "all channels are allowed already; begin with `resetchannels`")
            self._channels[rule[1:]] = None
        elif word in {"alldbs", "resetdbs"}:
            self._databases = None if word == "alldbs" else frozenset()
        elif word.startswith("db="):
            if not (found := _DATABASES.fullmatch(rule)):
                raise RuleError(rule, "write `db=0` or `db=0,1`")
            self._databases = frozenset(map(int, found[1].split(",")))  # the last one holds (Valkey 9.1)
        else:
            raise RuleError(rule, "is not a rule of an ACL")

    def _key(self, rule: str) -> None:
        mark, tilde, pattern = rule.partition("~")
        wanted = _PERMISSIONS.get(mark.upper())
        if not tilde or wanted is None:
            raise RuleError(rule, "write `~pattern`, `%R~pattern` or `%W~pattern`")
        if self._allkeys:
            if not self._listed:
                raise RuleError(rule, "all keys are allowed already; begin with `resetkeys`")
            self._allkeys, self._keys = False, {"*": Permission.BOTH}
        before = self._keys.get(pattern)
        self._keys[pattern] = wanted if before is None else before | wanted

    def _command(self, word: str) -> None:
        name, table = word[1:], self._table
        if not name or name == "@":
            raise RuleError(word, "names no command")
        if name[-1] == "|":
            raise RuleError(word, "names no subcommand")
        if table:
            _known(word, name, table)
        # What it replaces goes, and it stands at the end (ACLSelectorRemoveCommandRule).
        self._commands.pop(name, None)
        if name[0] != "@" and "|" not in name:
            for old in [each for each in self._commands if each.startswith(f"{name}|")]:
                del self._commands[old]
        self._commands[name] = word[0]


def _known(word: str, name: str, table: CommandTable) -> None:
    """Refuse what the server of this table would."""
    if name[0] == "@":
        if name[1:] not in table.categories:
            raise RuleError(word, "the server has no such category")
    elif name not in table.commands:
        parent = name.rpartition("|")[0]
        if "|" in parent:
            raise RuleError(word, "a subcommand cannot be limited to an argument")
        if not (parent and word[0] == "+" and parent in table.commands and parent not in table.subcommands):
            raise RuleError(word, "the server has no such command")
