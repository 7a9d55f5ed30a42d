"""What cannot work in a migration, whatever the database: found by reading, so that `up` refuses before the ledger.

golang-migrate sends such a file, the server refuses it, and the database is dirty for nothing. Nothing here is a
matter of taste: each of these fails on every server, PostgreSQL 15 to 18 (tests/bootstrap/migrate/test_runnable.py
tries them), but for what gives the lock away: the server takes that, and another migration may then run too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.migrate.errors import FileProblem
from bootstrap.migrate.lexer import Token, line_and_column, tokens
from bootstrap.migrate.statements import Statement, alone, begins, concurrent, ends, releases, scan

# Rules of this module; none of them can be allowed away.
RULES = ("encoding", "psql", "copy", "unfinished", "transaction", "concurrently", "alone", "lock")

_BOM = "\ufeff"
_SAVE = "save it as UTF-8 without a byte order mark"
# psql's documentation, Meta-Commands; \restrict is written by pg_dump from 13.22, 14.19, 15.14, 16.10 and 17.6 on.
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\+?|[^\s'\"])?")
_INSTEAD = {
    "restrict": "take it and \\unrestrict out; pg_dump writes them for psql alone",
    "unrestrict": "take it and \\restrict out; pg_dump writes them for psql alone",
    "copy": "write the rows as INSERT",
    ".": "write the rows of COPY as INSERT",
    "i": "put what that file holds here",
    "ir": "put what that file holds here",
    "include": "put what that file holds here",
    "c": "take it out; a migration runs in the one database that it is given",
    "connect": "take it out; a migration runs in the one database that it is given",
    "gexec": "run what the query makes with DO $$ ... EXECUTE ... $$",
}


@dataclass(frozen=True)
class _Found:
    rule: str
    offset: int
    message: str
    fix: str


def unrunnable(name: str, body: bytes) -> tuple[FileProblem, ...]:
    """Return what cannot work in a file, in its order."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return (_encoding(name, body, error),)
    if "\0" in text:
        return (_nul(name, body, text),)
    if _plain(body):
        return ()
    found = sorted(_look(text), key=lambda f: f.offset)
    rows = next((f.offset for f in found if f.rule == "copy" and f.message.startswith("COPY FROM")), len(text))
    return tuple(
        FileProblem(f.rule, name, f.message, f.fix, "error", *line_and_column(text, f.offset))
        for f in found
        if f.offset <= rows  # what follows is data
    )


# What a file has to hold for anything to be wrong with it; most hold none of it, and need not be taken apart.
_SIMPLE = re.compile(rb"--[^\n\r]*+|'[^']*+'|\"[^\"]*+\"")
_SUSPECT = re.compile(
    rb"""['"] | (?<!:):[A-Za-z_\x80-\xff] | \b(?:copy|begin|start|commit|end|rollback|abort|prepare|concurrently|vacuum
       |cluster|reindex|discard|database|tablespace|system|pg_advisory_unlock_all)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def _plain(body: bytes) -> bool:
    """Whether there is certainly nothing: without a backslash or a dollar strings and comments are simple."""
    if any(piece in body for piece in (b"\\", b"$", b"/*", b":'", b':"', _BOM.encode())):
        return False
    bare = _SIMPLE.sub(b" ", body)
    return bare.count(b"(") == bare.count(b")") and not _SUSPECT.search(bare)


def _encoding(name: str, body: bytes, error: UnicodeDecodeError) -> FileProblem:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return FileProblem("encoding", name, "the file is UTF-16", _SAVE, "error", 1, 1)
    before = body[: error.start].decode("utf-8", "replace")
    what = f"byte 0x{body[error.start]:02x} is not UTF-8"
    fix = f"{_SAVE}: iconv -f LATIN1 -t UTF-8, or whatever it is written in"
    return FileProblem("encoding", name, what, fix, "error", *line_and_column(before, len(before)))


def _nul(name: str, body: bytes, text: str) -> FileProblem:
    if body.count(0) > len(body) // 4:
        return FileProblem("encoding", name, "the file is UTF-16", _SAVE, "error", 1, 1)
    place = line_and_column(text, text.index("\0"))
    return FileProblem("encoding", name, "the file holds a NUL byte", "take it out", "error", *place)


def _look(text: str) -> Iterator[_Found]:
    found, unfinished = scan(text)
    yield from _pieces(text)
    if unfinished is not None:
        fix = "end it; all that follows is taken for its inside"
        yield _Found("unfinished", unfinished.offset, f"{unfinished.what} begins here and never ends", fix)
    else:
        yield from _left_open(found)
    for s in found:
        yield from _copy(s)
        if len(found) > 1 and alone(s):
            yield _company(s)
        elif releases(s):
            yield _releasing(s)


def _pieces(text: str) -> Iterator[_Found]:
    """What only a look at each token shows: byte order marks, psql's commands and variables."""
    depth, before = 0, Token("other", -1, "")
    for token in tokens(text):
        if token.kind == "word" and _BOM in token.text:
            at = token.offset + token.text.index(_BOM)
            yield _Found("encoding", at, "a byte order mark, which PostgreSQL takes for part of a name", _SAVE)
        elif token.text == "\\":
            yield _command(text, token.offset)
        elif depth == 0 and _variable(text, before, token):
            what = f"{text[before.offset : token.offset]}{token.text} is a variable of psql's, which alone fills it in"
            yield _Found("psql", before.offset, what, "write the value itself")
        depth = max(0, depth + (token.text in ("(", "[")) - (token.text in (")", "]")))
        before = token


def _command(text: str, offset: int) -> _Found:
    match = _COMMAND.match(text, offset)
    command = match[0] if match else "\\"
    fix = _INSTEAD.get(command[1:], "take it out; only psql knows it, PostgreSQL does not")
    return _Found("psql", offset, f"{command} is a command of psql's, not SQL", fix)


def _variable(text: str, colon: Token, token: Token) -> bool:
    """Whether the two make `:name`, `:'name'` or `:"name"`; a cast has two colons, a slice and JSON_OBJECT brackets."""
    if colon.text != ":" or token.offset != colon.offset + 1 or text[colon.offset - 1 : colon.offset] == ":":
        return False
    return token.kind in ("word", "name") or (token.kind == "string" and token.text.startswith("'"))


def _copy(s: Statement) -> Iterator[_Found]:
    if s.first != "COPY":
        return
    for way, other in zip(s.outer, s.outer[1:], strict=False):
        if way in ("FROM", "TO") and other in ("STDIN", "STDOUT"):
            fix = "write the rows as INSERT" if way == "FROM" else "take it out"
            what = "reads rows from the client" if way == "FROM" else "sends rows to the client"
            yield _Found("copy", s.offset, f"COPY {way} {other} {what}, and a migration has none", fix)
            return


def _company(s: Statement) -> _Found:
    what = "CONCURRENTLY" if concurrent(s) else " ".join(s.words[:1] if s.first == "VACUUM" else s.words[:2])
    message = f"{what} cannot run in a transaction, and the statements of a file make one"
    return _Found("concurrently" if concurrent(s) else "alone", s.offset, message, "give it a migration of its own")


def _releasing(s: Statement) -> _Found:
    what = "DISCARD ALL" if s.first == "DISCARD" else "pg_advisory_unlock_all()"
    fix = "take it out; DISCARD PLANS, SEQUENCES or TEMP, RESET ALL and pg_advisory_unlock(key) leave it alone"
    return _Found("lock", s.offset, f"{what} releases the lock that keeps a second migration away", fix)


def _left_open(found: Sequence[Statement]) -> Iterator[_Found]:
    begun: Statement | None = None
    for s in found:
        if begins(s):
            begun = s if begun is None or ends(s) else begun
        elif ends(s):
            begun = None
    if begun is not None:
        message = "a transaction is left open at the end of the file, so that all of it is undone"
        yield _Found("transaction", begun.offset, message, "end it with COMMIT")
