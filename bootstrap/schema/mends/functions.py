"""Functions, procedures and aggregates that differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bootstrap.schema.definition import Function
from bootstrap.schema.difference import same_body
from bootstrap.schema.mends.change import Change, altered, comment, differs, extra, missing
from bootstrap.schema.statements import names


def functions(wanted: Mapping[str, Function], found: Mapping[str, Function]) -> Iterator[Change]:
    """The differences between the functions of two schemas."""
    for name in dict.fromkeys([*wanted, *found]):
        want, has = wanted.get(name), found.get(name)
        if want == has:
            continue
        if want is None and has is not None:
            yield extra("function", f"function {name}", name, text(has))
        elif has is None and want is not None:
            yield missing("function", f"function {name}", name, text(want))
        elif want is not None and has is not None:
            told = "function", f"function {name}", name, "definition", text(want), text(has)
            if not same_body(want["definition"], has["definition"]):
                needs = [*want.get("needs", ()), *want.get("body_needs", ())]
                yield altered(*told, [text(want)], needs=needs) if _replaces(want, has) else differs(*told)
            sentence = names.comment("ROUTINE", name, want.get("comment"))
            yield from comment(f"function {name}", name, want.get("comment"), has.get("comment"), sentence)


def text(entry: Function) -> str:
    """The statement that makes it."""
    return "\n".join(entry["definition"])


def _replaces(want: Function, has: Function) -> bool:
    """Whether CREATE OR REPLACE turns one into the other.

    It does not where the kind, a parameter's name or the type of the result is another, or a parameter has no default
    any more (CREATE FUNCTION's documentation). pg_get_functiondef prints the first two in its first line, the result in
    the second; a definition is replaced where they are equal, or where parameters only have more defaults than before.
    """
    ours, theirs = want["definition"], has["definition"]
    if not (ours[0].startswith("CREATE OR REPLACE ") and theirs[0].startswith("CREATE OR REPLACE ")):
        return False
    if [line for line in ours[1:2] if line.startswith(" RETURNS ")] != [
        line for line in theirs[1:2] if line.startswith(" RETURNS ")
    ]:
        return False
    if ours[0] == theirs[0]:
        return True
    pairs = list(zip(_parameters(ours[0]), _parameters(theirs[0]), strict=False))
    same = len(_parameters(ours[0])) == len(_parameters(theirs[0])) == len(pairs)
    return same and all(one[0] == other[0] and (one[1] or not other[1]) for one, other in pairs)


def _parameters(line: str) -> list[tuple[str, bool]]:
    """Each parameter as it is printed without its default, and whether it has one."""
    depth, quote, start, found = 0, "", 0, []
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([":
            depth += 1
            start = start or at + 1
        elif char in ")]":
            depth -= 1
        if not quote and ((char == "," and depth == 1) or (char == ")" and depth == 0)):
            head, default, _ = line[start:at].partition(" DEFAULT ")
            found.append((head.strip(), bool(default)))
            start = at + 1
    return [*found, (line[start:], False)]
