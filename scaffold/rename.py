"""Another application's name in a page: by whole words, and columns stay where they are."""

from __future__ import annotations

import re

from knowledge.names import plain

# Two blanks or more are a column's end; in a picture a blank is &#160; (rich, Console.export_svg).
_GAP = re.compile(r"(?:&#160;){2,}| {2,}")


def renamed(text: str, old: str, new: str) -> str:
    """The text with `new` in the place of `old`.

    Of `shop`, `shop-prod`, `SHOP` and `shop_app` all are meant, with the name as PostgreSQL has it beside a `_`; a word
    that only holds it, `workshop`, is not.
    """
    pattern = re.compile(
        rf"(?<![A-Za-z0-9])(?:{'|'.join({re.escape(old), re.escape(plain(old))})})(?![A-Za-z0-9])", re.I
    )
    return "".join(_line(line, pattern, new) for line in text.splitlines(keepends=True))


def _line(line: str, pattern: re.Pattern[str], new: str) -> str:
    made, end, longer = "", 0, 0
    for found in pattern.finditer(line):
        between = line[end : found.start()]
        made += _settled(between, longer) if longer and _GAP.search(between) else between
        longer = 0 if _GAP.search(between) else longer
        name = (
            plain(new) if "_" in (line[found.start() - 1 : found.start()], line[found.end() : found.end() + 1]) else new
        )
        made += name
        longer += len(name) - len(found[0])
        end = found.end()
    return made + _settled(line[end:], longer)


def _settled(text: str, longer: int) -> str:
    """The text with its first gap shortened, or widened, by so many blanks; two always stay."""

    def fit(gap: re.Match[str]) -> str:
        blank = "&#160;" if gap[0].startswith("&") else " "
        return blank * max(2, len(gap[0]) // len(blank) - longer)

    return _GAP.sub(fit, text, count=1)
