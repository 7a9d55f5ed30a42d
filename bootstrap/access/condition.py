"""Keeps a declared SQL condition inside the parentheses that it is put into."""

from __future__ import annotations

import re

# PostgreSQL's lexical rules for what may hold a parenthesis or a semicolon that is none (scan.l).
_TOKEN = re.compile(
    r"""(?P<string> (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")+" )
      | (?P<dollar> (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$ )
      | (?P<wrong>  -- | /\* | ['";] | \\ | \0 | (?<![\w$])\$(?:[^\W\d]\w*)?\$ )
      | (?P<open>   [(\[] ) | (?P<close> [)\]] )""",
    re.VERBOSE | re.DOTALL,
)


def condition(text: str) -> str:
    """Return `text`, or raise ValueError when it is not one SQL expression with its quotes and parentheses closed."""
    if not text.strip():
        raise ValueError("is empty; write an SQL condition, or `true`")
    open_ = []
    for found in _TOKEN.finditer(text):
        if found["wrong"]:
            raise ValueError(f"holds `{found['wrong']}`: write one SQL condition, its quotes closed, without comments")
        if found["open"]:
            open_.append({"(": ")", "[": "]"}[found["open"]])
        elif found["close"] and (not open_ or open_.pop() != found["close"]):
            raise ValueError(f"closes `{found['close']}` that it did not open")
    if open_:
        raise ValueError(f"does not close `{open_[-1]}`")
    return text
