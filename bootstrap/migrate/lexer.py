"""SQL as PostgreSQL's scanner cuts it: words, quoted names, strings; numbers and operators in whatever pieces.

By the rules of src/backend/parser/scan.l with standard_conforming_strings on: names may hold any character beyond
ASCII, block comments nest, a comment ends at LF or CR, and an E'' string goes on in the quotes of a later line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["word", "name", "string", "comment", "other"]

_START, _MORE = r"A-Za-z_\x80-\U0010ffff", r"A-Za-z_0-9\x80-\U0010ffff"
_TOKEN = rf"""
      (?P<comment> --[^\n\r]*+ )
    | (?P<block>   /\* )
    | (?P<string>  [eE]' (?: [^'\\]++ | \\. | '' | ' [ \t\f\v]*+ (?:--[^\n\r]*+)? [\n\r]
                         (?: [ \t\f\v\n\r] | --[^\n\r]*+[\n\r] )*+ ' )*+ '
                 | ' (?: [^']++ | '' )*+ ' )
    | (?P<name>    " (?: [^"]++ | "" )*+ " )
    | (?P<dollar>  \$ (?: [{_START}][{_MORE}]*+ )? \$ )
    | (?P<open>    [eE]?' | " )
    | (?P<word>    [{_START}][{_MORE}$]*+ )
    | (?P<space>   [ \t\n\r\f\v]++ )
    | (?P<other>   [0-9,=<>+*%]++ | . )
    """
_BLOCK_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """One piece of the text; white space is left out."""

    kind: Kind
    offset: int
    text: str
    """Of a dollar-quoted string its opening tag only."""
    open: bool = False
    """Whether the text ends within it."""


def tokens(text: str) -> Iterator[Token]:
    """Cut `text` into pieces."""
    at = 0
    token = re.compile(_TOKEN, re.VERBOSE | re.DOTALL)  # here: a run with nothing to do reads no file
    while match := token.match(text, at):
        kind, piece, start, at = str(match.lastgroup), match[0], match.start(), match.end()
        if kind == "block":
            end = _block_end(text, at)
            at = len(text) if end is None else end
            yield Token("comment", start, piece, open=end is None)
        elif kind == "dollar":
            end = text.find(piece, at)
            at = len(text) if end < 0 else end + len(piece)
            yield Token("string", start, piece, open=end < 0)
        elif kind == "open":
            at = len(text)
            yield Token("name" if piece == '"' else "string", start, piece, open=True)
        elif kind != "space":
            yield Token(kind, start, piece)  # type: ignore[arg-type]  # the groups that are left are the kinds


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset from 0; a line ends at LF, CRLF or CR."""
    before = text[:offset]
    lines = before.count("\n") + before.count("\r") - before.count("\r\n")
    return lines + 1, len(before) - max(before.rfind("\n"), before.rfind("\r"))


def _block_end(text: str, at: int) -> int | None:
    depth = 1
    for match in _BLOCK_EDGE.finditer(text, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return None
