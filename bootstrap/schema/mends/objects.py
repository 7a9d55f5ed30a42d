"""Schemas, extensions and the kinds of objects that are seldom: what differs. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from bootstrap.postgres.change import ident
from bootstrap.schema.definition import Extension, Namespace, Object
from bootstrap.schema.mends.change import Change, altered, comment, differs, extra, missing
from bootstrap.schema.mends.columns import foreign_options
from bootstrap.schema.statements import names


def schemas(wanted: Mapping[str, Namespace], found: Mapping[str, Namespace]) -> Iterator[Change]:
    """The differences between the schemas of two databases; `public` is always there."""
    for name in dict.fromkeys([*wanted, *found]):
        want, has = wanted.get(name), found.get(name)
        if has is None and name != "public":
            yield missing("schema", f"schema {name}", name, "schema")
        elif want is None and name != "public":
            yield extra("schema", f"schema {name}", name, "schema")
        else:
            texts = _said(name, want), _said(name, has)
            yield from comment(f"schema {name}", name, *texts, names.comment("SCHEMA", name, texts[0]))


def _said(name: str, entry: Namespace | None) -> str | None:
    """The comment on a schema; `public` has one from initdb on, which is not listed."""
    return (entry or Namespace()).get("comment", "standard public schema" if name == "public" else None)


def extensions(
    wanted: Mapping[str, Extension], found: Mapping[str, Extension], shipped: Collection[str]
) -> Iterator[Change]:
    """The differences between extensions; `shipped` could be installed. What a server cannot have is no difference."""
    for name in sorted(wanted):
        want, has = wanted[name].get("schema"), found.get(name, Extension()).get("schema")
        if name in found:
            if want is not None and has is not None and want != has:
                step = f"ALTER EXTENSION {ident(name)} SET SCHEMA {want}"
                yield altered(
                    "extension",
                    f"schema of extension {name}",
                    name,
                    "schema",
                    want,
                    has,
                    [step],
                    needs=[f"schema {want}"],
                )
        elif name in shipped:
            yield missing("extension", f"extension {name}", name, "installed")
    for name in sorted(set(found) - set(wanted)):
        yield extra("extension", f"extension {name}", name, "installed")


def objects(wanted: Mapping[str, Mapping[str, Object]], found: Mapping[str, Mapping[str, Object]]) -> Iterator[Change]:
    """The differences between objects that are known by the statements that make them."""
    for kind in sorted({*wanted, *found}):
        ours, theirs = wanted.get(kind, {}), found.get(kind, {})
        for name in dict.fromkeys([*ours, *theirs]):
            want, has = ours.get(name), theirs.get(name)
            if want == has:
                continue
            if want is None and has is not None:
                yield extra(kind, f"{kind} {name}", name, text(has))
            elif has is None and want is not None:
                yield missing(kind, f"{kind} {name}", name, text(want))
            elif want is not None and has is not None:
                told = kind, f"{kind} {name}", name, "definition", text(want), text(has)
                step = _options_step(kind, name, want, has)
                if step is not None:
                    yield altered(*told, [step], needs=want.get("needs", ()))
                elif want["definition"] != has["definition"]:
                    yield differs(*told)
                if step is not None or want["definition"] == has["definition"]:
                    texts = want.get("comment"), has.get("comment")
                    yield from comment(f"{kind} {name}", name, *texts, names.comment(kind.upper(), name, texts[0]))


_OPTION = re.compile(r"""("(?:[^"]|"")*"|\w+) (E?'(?:[^']|'')*')""")


def _options_step(kind: str, name: str, want: Object, has: Object) -> str | None:
    """The statement for a server or wrapper that differs in its options alone: foreign tables use it meanwhile."""
    (ours, *_), (theirs, *_) = (each["definition"] for each in (want, has))
    heads, options = zip(*(each.partition(" OPTIONS (")[::2] for each in (ours, theirs)), strict=True)
    if kind not in ("server", "foreign data wrapper") or ours == theirs or heads[0] != heads[1]:
        return None
    listed = ([" ".join(match) for match in _OPTION.findall(each)] for each in options)
    return f"ALTER {kind.upper()} {name} OPTIONS ({foreign_options(*listed)})"


def text(entry: Object) -> str:
    """The statements that make it."""
    return ";\n".join(entry["definition"])
