"""Which statements of a file are about tables and indexes that the file itself has made, and so nobody uses yet."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.migrate.lexer import Token, tokens
from bootstrap.migrate.statements import Statement

Name = tuple[str, ...]

# What may stand between the command and the name.
_BETWEEN = {"IF", "NOT", "EXISTS", "ONLY", "CONCURRENTLY"}
_MAKES = ("TABLE", "INDEX")
_MODIFIERS = {"TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE", "GLOBAL", "LOCAL"}


def on_new_tables(text: str, found: Sequence[Statement]) -> set[int]:
    """Numbers of the statements whose table, or index, an earlier one has made."""
    made, new = set[Name](), set[int]()
    for number, s in enumerate(found):
        pieces = [t for t in tokens(text[s.offset : s.end]) if t.kind != "comment"]
        words = [_word(t) for t in pieces]
        at = 1 + next((i for i, word in enumerate(words[1:]) if word not in _MODIFIERS), 0)
        target = _target(pieces, words, at)
        if words[0] == "CREATE" and words[at] == "TABLE":
            made.add(target)
        elif target in made and target:
            new.add(number)
            if words[0] == "CREATE" and words[at] == "INDEX":
                made.add(_name(pieces, words, at + 1))
    return new


def _target(pieces: Sequence[Token], words: Sequence[str], at: int) -> Name:
    """The table or index that a statement is about; empty where that is not known."""
    command = words[0]
    if command == "CREATE" and words[at : at + 1] == ["INDEX"]:
        return _name(pieces, words, words.index("ON") + 1) if "ON" in words else ()
    if command in ("CREATE", "ALTER", "DROP") and words[at : at + 1] and words[at] in _MAKES:
        return _name(pieces, words, at + 1)
    if words[:2] in (["INSERT", "INTO"], ["DELETE", "FROM"]):
        return _name(pieces, words, 2)
    return _name(pieces, words, 1) if command in ("UPDATE", "TRUNCATE") else ()


def _name(pieces: Sequence[Token], words: Sequence[str], at: int) -> Name:
    """The name that begins there, as PostgreSQL keeps it; what has no schema is in public, as the runner has it."""
    while at < len(words) and words[at] in _BETWEEN:
        at += 1
    parts = []
    while at < len(pieces) and pieces[at].kind in ("word", "name"):
        token = pieces[at]
        parts.append(token.text.lower() if token.kind == "word" else token.text[1:-1].replace('""', '"'))
        if words[at + 1 : at + 2] != ["."]:
            break
        at += 2
    return ("public", *parts) if len(parts) == 1 else tuple(parts)


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else token.text
