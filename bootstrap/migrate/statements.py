"""The statements of an SQL file, and which of them handle transactions or refuse to be in one.

Only for messages and lint: a file is always sent whole, never statement by statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.migrate.lexer import Token, tokens

# A file without any of these words is one transaction, whatever else it says: no need to take it apart.
_SUSPECT = re.compile(
    rb"\b(?:begin|start|commit|end|rollback|abort|prepare|concurrently|vacuum|cluster|reindex|discard|database"
    rb"|tablespace|subscription|system|pg_advisory_unlock\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """One statement: where it begins and ends, and its words and quoted names outside strings and comments."""

    offset: int
    words: tuple[str, ...]
    """Words in upper case, quoted names as they are."""
    end: int
    """Offset of its semicolon, or of the end of the text."""
    outer: tuple[str, ...] = ()
    """Those of its words that no parenthesis holds."""

    @property
    def first(self) -> str:
        """The first word; empty where it begins with something else."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True)
class Unfinished:
    """What the text leaves open at its end, and where that begins."""

    offset: int
    what: str


def statements(text: str) -> list[Statement]:
    """Split `text` at the semicolons that end a statement."""
    return scan(text)[0]


def scan(text: str) -> tuple[list[Statement], Unfinished | None]:
    """Return the statements, and what is left open at the end."""
    found, reader = list[Statement](), _Reader()
    for token in tokens(text):
        if token.open:
            reader.open = Unfinished(token.offset, _KINDS.get(token.text, "a string"))
        if token.kind == "comment":
            continue
        if token.text == ";" and reader.complete:
            found += reader.end(token.offset)
            reader = _Reader()
            continue
        reader.take(token)
    left = reader.left
    return [*found, *reader.end(len(text))], left


_KINDS = {"/*": "a comment", '"': "a quoted name"}


class _Reader:
    """The statement that is being read."""

    def __init__(self) -> None:
        self.start, self.words, self.outer = -1, list[str](), list[str]()
        self.parens, self.atomic = list[int](), list[int]()  # offsets of what is open
        self.open: Unfinished | None = None

    @property
    def complete(self) -> bool:
        """Whether a semicolon ends it: not in CREATE RULE's list, nor in BEGIN ATOMIC ... END."""
        return not self.parens and not self.atomic

    @property
    def left(self) -> Unfinished | None:
        if self.open is not None:
            return self.open
        if self.parens:
            return Unfinished(self.parens[-1], "a parenthesis")
        return Unfinished(self.atomic[0], "BEGIN ATOMIC") if self.atomic else None

    def take(self, token: Token) -> None:
        self.start = token.offset if self.start < 0 else self.start
        if token.text == "(":
            self.parens.append(token.offset)
        elif token.text == ")" and self.parens:
            self.parens.pop()
        if token.kind in ("word", "name") and not token.open:
            word = token.text.upper() if token.kind == "word" else token.text
            self.words.append(word)
            if not self.parens:
                self.outer.append(word)
            self._count(token, word)

    def _count(self, token: Token, word: str) -> None:
        if word == "ATOMIC" and self.words[-2:-1] == ["BEGIN"]:
            self.atomic = [token.offset]
        elif self.atomic and word == "CASE":
            self.atomic.append(token.offset)
        elif self.atomic and word == "END":
            self.atomic.pop()

    def end(self, offset: int) -> list[Statement]:
        return [] if self.start < 0 else [Statement(self.start, tuple(self.words), offset, tuple(self.outer))]


def begins(s: Statement) -> bool:
    """Whether a transaction is open after it: BEGIN, or an end AND CHAIN."""
    return s.first in ("BEGIN", "START") or (ends(s) and "CHAIN" in s.words and "NO" not in s.words)


def ends(s: Statement) -> bool:
    """Whether it ends a transaction: COMMIT, ROLLBACK and what else they are called, PREPARE TRANSACTION."""
    if s.first in ("COMMIT", "ROLLBACK", "END", "ABORT"):
        return {"TO", "PREPARED"}.isdisjoint(s.words[1:3])
    return s.words[:2] == ("PREPARE", "TRANSACTION")


def whole(body: bytes) -> bool:
    """Whether the file can be one transaction, to which its end in the books is added.

    In doubt it is not: then it is sent by itself, as golang-migrate sends it. DO and CALL are sent as one: where their
    code ends a transaction PostgreSQL refuses that, undoes all of it, and the file is sent by itself.
    """
    if not (suspects := _SUSPECT.findall(body)):
        return True
    if any(word.lower().startswith(b"pg_advisory_unlock") for word in suspects):
        return False
    found = statements(body.decode("utf-8", "replace"))
    return not any(begins(s) or ends(s) or alone(s) for s in found)


def committed(found: list[Statement], done: int) -> bool:
    """Whether the first `done` statements, or half of the next, may have stayed though that one failed."""
    if len(found) == 1 and (concurrent(found[0]) or found[0].first in ("DO", "CALL")):
        return True
    return any(ends(s) for s in found[:done])


# First words of what refuses to run in a transaction block, hence with any other statement: PostgreSQL runs several
# statements of one query in one, COMMIT or no COMMIT between them (PreventInTransactionBlock in tcop/utility.c and
# commands/; exec_simple_query in tcop/postgres.c). Those whose options decide (subscriptions, a partitioned table's
# REINDEX) are left to the server.
_ALONE = (
    ("ALTER", "SYSTEM"),
    ("COMMIT", "PREPARED"),
    ("CREATE", "DATABASE"),
    ("CREATE", "TABLESPACE"),
    ("DISCARD", "ALL"),
    ("DROP", "DATABASE"),
    ("DROP", "TABLESPACE"),
    ("ROLLBACK", "PREPARED"),
)


def alone(s: Statement) -> bool:
    """Whether it refuses to run in a transaction, hence with any other statement."""
    if concurrent(s) or s.words[:2] in _ALONE or s.outer in (("CLUSTER",), ("CLUSTER", "VERBOSE")):
        return True
    if s.first == "REINDEX":
        return not {"DATABASE", "SCHEMA", "SYSTEM"}.isdisjoint(s.outer[1:2])
    return s.first == "VACUUM" or (s.words[:2] == ("ALTER", "DATABASE") and s.words[3:5] == ("SET", "TABLESPACE"))


def releases(s: Statement) -> bool:
    """Whether it lets go of every advisory lock of the session: the one that keeps a second migration away too."""
    return s.words == ("DISCARD", "ALL") or (
        s.first == "SELECT" and "PG_ADVISORY_UNLOCK_ALL" in map(str.upper, s.words)
    )


def concurrent(s: Statement) -> bool:
    """Whether it does its work CONCURRENTLY, in several transactions of its own."""
    # REFRESH MATERIALIZED VIEW CONCURRENTLY is the one that does not. The word is reserved: it names nothing unquoted.
    return "CONCURRENTLY" in s.words and s.first != "REFRESH"
