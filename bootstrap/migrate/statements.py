"""Where each statement of an SQL file begins, by PostgreSQL's lexical rules.

Only for messages and lint: a file is always sent whole, never statement by statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block>   /\* )
    | (?P<string>  (?<![\w$]) [eE]' (?: [^'\\] | \\. | '' )* (?: ' | \Z ) | ' (?: [^'] | '' )* (?: ' | \Z )
                 | " (?: [^"] | "" )* (?: " | \Z ) )
    | (?P<dollar>  \$ (?: [^\W\d]\w* )? \$ )
    | (?P<word>    [^\W\d][\w$]* )
    | (?P<space>   \s+ )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_TRANSACTION = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE"}

# First words of what refuses to run in a transaction block, PreventInTransactionBlock in PostgreSQL's tcop/utility.c.
# Their code may COMMIT (DO, CALL) or the statement stands for many transactions (VACUUM, CLUSTER, REINDEX).
_ALONE = {"DO", "CALL", "VACUUM", "CLUSTER", "REINDEX", "DISCARD"}
_ALONE_ON = {"DATABASE", "TABLESPACE", "SUBSCRIPTION", "SYSTEM"}

# A file without any of these words is one transaction, whatever else it says: no need to take it apart.
_SUSPECT = re.compile(
    rb"\b(?:begin|start|commit|end|rollback|abort|prepare|concurrently|do|call|vacuum|cluster|reindex|discard|database"
    rb"|tablespace|subscription|system|pg_advisory_unlock\w*)\b|\\'",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """One statement: where it begins and ends, and its words outside strings and comments, upper case."""

    offset: int
    words: tuple[str, ...]
    end: int
    """Offset of its semicolon, or of the end of the text."""


def statements(text: str) -> list[Statement]:
    """Split `text` at the semicolons that end a statement."""
    found: list[Statement] = []
    start, words, parens, atomic = -1, list[str](), 0, 0
    for kind, offset, piece in _tokens(text):
        if piece == ";" and parens <= 0 and atomic == 0:
            if start >= 0:
                found.append(Statement(start, tuple(words), offset))
            start, words, parens = -1, [], 0
            continue
        start = offset if start < 0 else start
        parens += (piece == "(") - (piece == ")")
        if kind == "word":
            words.append(piece.upper())
            atomic = _atomic(words, atomic)
    if start >= 0:
        found.append(Statement(start, tuple(words), len(text)))
    return found


def commits_itself(found: list[Statement]) -> bool:
    """Whether a failure may leave part of the file behind: it handles transactions, or runs outside of one."""
    alone = {"DO", "CALL"} if len(found) == 1 else set()  # their code may COMMIT where no transaction is around it
    return any(s.words[0] in _TRANSACTION | alone or concurrent(s) for s in found if s.words)


def whole(body: bytes) -> bool:
    """Whether the file certainly is one transaction, to which its end in the books can be added.

    In doubt it is not: then it is sent by itself, as golang-migrate sends it.
    """
    if not (suspects := _SUSPECT.findall(body)):
        return True
    # A continued E'' string is the one thing that this lexer and PostgreSQL's might split differently.
    if any(word == b"\\'" or word.lower().startswith(b"pg_advisory_unlock") for word in suspects):
        return False
    found = statements(body.decode("utf-8", "replace"))
    if commits_itself(found):
        return False
    return len(found) != 1 or not (found[0].words and _alone(found[0]))


def _alone(statement: Statement) -> bool:
    return statement.words[0] in _ALONE or not _ALONE_ON.isdisjoint(statement.words[1:3])


def concurrent(statement: Statement) -> bool:
    """Whether the statement refuses to run in a transaction, hence beside any other statement."""
    # REFRESH MATERIALIZED VIEW CONCURRENTLY is the one that may. The word is reserved: it names nothing unquoted.
    return "CONCURRENTLY" in statement.words and statement.words[0] != "REFRESH"


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset from 0."""
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _atomic(words: list[str], depth: int) -> int:
    """Depth within BEGIN ATOMIC ... END, the one place outside quotes where a semicolon ends nothing."""
    if words[-2:] == ["BEGIN", "ATOMIC"]:
        return 1
    if depth and words[-1] == "CASE":
        return depth + 1
    return depth - 1 if depth and words[-1] == "END" else depth


def _tokens(text: str) -> Iterator[tuple[str, int, str]]:
    at = 0
    while match := _TOKEN.match(text, at):
        kind, token, at = str(match.lastgroup), match[0], match.end()
        if kind == "block":
            at = _block_end(text, at)
        elif kind == "dollar":
            end = text.find(token, at)
            at = len(text) if end < 0 else end + len(token)
            yield "string", match.start(), token
        elif kind not in ("comment", "space"):
            yield kind, match.start(), token


def _block_end(text: str, at: int) -> int:
    depth = 1  # block comments nest, unlike in C
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)
