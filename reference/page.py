"""A reference as a page for people: a section for each section of the declaration, a row for each key. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reference.defaults import shown, valued, written
from reference.editor import sentence
from reference.types import DEFAULT, Schema, UndocumentedError
from reference.walk import ITEM, Key, Part, Path, parts
from reference.words import rules, takes

_LONGEST = 100


def page(head: str, schema: Schema, example: Callable[[Path], object], examples: Mapping[str, str]) -> str:
    """Markdown. `example` has a value for each path, `examples` whole files by title."""
    found = list(parts(schema).values())
    lines = [head, "## Contents", ""]
    lines += [f"- [{title(each.path)}](#{anchor(title(each.path))}): {first(each.sentence)}" for each in found]
    lines += [f"- [{each}](#{anchor(each)})" for each in examples]
    for each in found:
        lines += ["", *_part(each, example)]
    for name, text in examples.items():
        lines += ["", f"## {name}", "", "```yaml", text.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _part(part: Part, example: Callable[[Path], object]) -> Iterator[str]:
    yield from (f"## {title(part.path)}", "")
    yield from (part.sentence, "")
    if part.also:
        yield from (f"The same keys stand in {', '.join(f'`{title(each)}`' for each in part.also)}.", "")
    yield from ("| key | takes | default | what it is | rule | example |", "|---|---|---|---|---|---|")
    for each in part.keys:
        said = " ".join(map(sentence, dict.fromkeys(rules(each.schema))))
        name = each.path[-1]
        values = (example((*place, name)) for place in (part.path, *part.also))
        shown = next((_example(value) for value in values if value is not None), None)
        if shown is None:
            raise UndocumentedError(f"{title(each.path)}: no declaration in reference/examples/ has an example of it")
        cells = (f"`{name}`", _takes(each), default(each), each.sentence, said, shown)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    if part.together:
        yield from ("", *(f"- {sentence(each)}" for each in part.together))


def title(path: Path) -> str:
    """`postgres.replicas.NAME`, `notify.critical[]`."""
    return ".".join(path).replace(f".{ITEM}", ITEM) or "Top level"


def anchor(heading: str) -> str:
    """How a heading is linked to, by GitHub's rule."""
    return "".join(each for each in heading.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def first(text: str) -> str:
    """The first sentence of a text."""
    return text.partition(". ")[0].rstrip(".")


def _takes(key: Key) -> str:
    text = takes(key.schema)
    return text if key.below is None else text.replace("section", f"[section](#{anchor(title(key.below))})")


def default(key: Key) -> str:
    """What the key is when it is absent."""
    if key.required:
        return "**required**"
    if DEFAULT in key.schema:
        return shown(key.schema[DEFAULT])
    value = key.schema.get("default")
    if "$ref" in key.schema:
        return "see there"
    return valued(value)


def _example(value: object) -> str:
    text = written(value)
    return f"`{text}`" if len(text) <= _LONGEST else "below"
