"""The references say all of what the types take, and what they show is a declaration that works."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, Field, model_validator

from bootstrap.access import Access, analyse, load
from bootstrap.rule import Rule, matches, said
from infra.load import load_stack
from infra.settings.access_file import read_access
from infra.settings.model import Settings
from infra.settings.problems import SettingsError
from preview.findings.settings import findings
from reference import access, examples, stack
from reference.__main__ import documents
from reference.page import page
from reference.types import UndocumentedError, schema_of
from reference.walk import parts
from reference.words import add, wordless

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", documents())
def test_what_is_committed_is_what_the_types_say(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == documents()[name], "make reference"


def keys(kind: Any) -> Iterator[tuple[str, str]]:
    """Section and key of everything that may be written, read from the models themselves."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield kind.__name__, field.alias or name
            yield from keys(field.annotation)
    else:
        for each in get_args(kind):
            yield from keys(each)


@pytest.mark.parametrize(("name", "model", "types"), [("settings.md", Settings, stack), ("access.md", Access, access)])
def test_every_key_has_a_row_with_its_type_default_sentence_and_example(
    name: str, model: type[BaseModel], types: Any
) -> None:
    found = parts(types.types())
    listed = {(section or model.__name__, key.path[-1]) for section, part in found.items() for key in part.keys}
    # A client in access.yaml is written in forms of its own.
    assert listed == {(section, key) for section, key in keys(model) if section != "UsedClient"}
    rows = [line for line in documents()[name].splitlines() if line.startswith("| `")]
    assert len(rows) == len(listed)
    for row in rows:
        key, takes, default, sentence, _, example = (cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])
        assert key
        assert takes
        assert default
        assert sentence.endswith((".", "?")), row
        assert example


@pytest.mark.parametrize("types", [stack, access])
def test_every_rule_is_said_in_words(types: Any) -> None:
    assert wordless(types.types()) == []


@pytest.mark.parametrize("name", examples.STACKS)
def test_the_examples_are_stacks_that_can_be_made(name: str) -> None:
    found = load_stack(examples.FOLDER, name)
    assert findings(found.settings, found.instances) is not None
    assert found.settings.name == "shop"


def test_the_example_of_an_access_declaration_is_a_wise_one() -> None:
    declared = read_access(examples.FOLDER)
    assert [str(each) for each in analyse(declared) if each.level == "warning"] == []
    assert declared.unwise == ()


def links(text: str) -> Iterator[str]:
    yield from re.findall(r"\]\(#([^)]+)\)", text)


@pytest.mark.parametrize("name", ["settings.md", "access.md"])
def test_links_lead_to_headings(name: str) -> None:
    text = documents()[name]
    headings = {
        re.sub(r"[^a-z0-9_-]", "", heading.lower().replace(" ", "-"))
        for heading in re.findall(r"^## (.+)$", text, re.M)
    }
    assert set(links(text)) <= headings
    assert len(headings) == text.count("\n## ")


def yielded(module: ModuleType) -> dict[str, set[str]]:
    """Function -> the keys that it finds problems with, as they are written: `replicas.NAME.zone`."""
    found: dict[str, set[str]] = {}
    for function in (each for each in ast.parse(inspect.getsource(module)).body if isinstance(each, ast.FunctionDef)):
        for node in ast.walk(function):
            value = node.value if isinstance(node, ast.Yield) else None
            if isinstance(value, ast.Tuple):
                key: ast.expr | None = value.elts[0]
            elif isinstance(value, ast.Call):
                named = {each.arg: each.value for each in value.keywords}
                key = named.get("path") or (value.args[0] if value.args else None)
            else:
                continue
            if key is not None and (text := written(key)) is not None:
                found.setdefault(function.name, set()).add(text)
    return found


def written(key: ast.expr) -> str | None:
    """A text as it stands in the code, `NAME` for what is put into it; None for what is no text."""
    if isinstance(key, ast.Constant):
        return str(key.value)
    if isinstance(key, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "NAME" for each in key.values)
    return None


def ends(said_of: str, key: str) -> bool:
    """Whether what is said of a path is about what a rule calls `key`."""
    path = said_of.replace(".[]", ".NAME").split(".")
    wanted = [each for each in key.removeprefix("data-tier:").split(".") if each]
    # A problem may be about an item or an entry, and the rule is that of the whole list or mapping.
    inside = len(wanted) > 1 and (wanted[-1] == "NAME" or wanted[-2] == "parameters")
    forms = [wanted, wanted[:-1]] if inside else [wanted]
    return any(all(a == b or "NAME" in (a, b) for a, b in zip(path[::-1], form[::-1], strict=False)) for form in forms)


@pytest.mark.parametrize("module", [*stack.RULES, load], ids=lambda module: module.__name__)
def test_a_rule_between_keys_is_said_where_it_is_checked(module: ModuleType) -> None:
    for function, found in yielded(module).items():
        own = getattr(getattr(module, function), "said", {})
        for key in found - {"stack", "aws:region", "NAME: extensions"}:
            assert any(ends(each, key) for each in own or said(module)), (
                f"{module.__name__}.{function}: `{key}` has no words"
            )


def positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be positive")
    return value


class Silent(BaseModel):
    """Says nothing of its key."""

    size: int


class Ruled(BaseModel):
    """Says nothing of its rule."""

    size: int
    """How large."""

    @model_validator(mode="after")
    def _fits(self) -> Ruled:
        return self


class Spoken(BaseModel):
    """Says all of it."""

    size: Annotated[int, Rule(words="more than 0", check=positive, schema={"minimum": 1})] = 3
    """How large."""
    name: Annotated[str, matches("[a-z]+", "lower-case letters")] | None = None
    """What it is called."""
    code: Annotated[str, Field(pattern="^x$")] = "x"
    """Refused without words."""

    @model_validator(mode="after")
    def _fits(self) -> Spoken:
        """`size` fits `name`."""
        return self


@pytest.mark.parametrize(
    ("model", "said_of"),
    [
        (Silent, "Silent.size: a key has a sentence under it"),
        (Ruled, "Ruled: a rule between its keys has no docstring"),
    ],
)
def test_what_says_nothing_is_refused(model: type[BaseModel], said_of: str) -> None:
    with pytest.raises(UndocumentedError, match=re.escape(said_of)):
        schema_of(model)


def test_a_key_without_an_example_and_a_rule_of_no_key_are_refused() -> None:
    with pytest.raises(UndocumentedError, match="size: no declaration in reference/examples/"):
        page("", schema_of(Spoken), lambda path: None, {})
    with pytest.raises(UndocumentedError, match="not there: length"):
        add(schema_of(Spoken), {"length": ["at most 3"]})


def test_a_page_says_what_the_types_say() -> None:
    schema = schema_of(Spoken)
    add(schema, {"size": ["odd"]})
    assert wordless(schema) == ["^x$"]
    shown = page("# Spoken", schema, lambda path: {"size": 5}.get(path[-1], "abc"), {"Example": "size: 5\n"})
    assert shown.partition("## Top level\n")[2] == (
        "\nSays all of it.\n\n"
        "| key | takes | default | what it is | rule | example |\n|---|---|---|---|---|---|\n"
        "| `size` | whole number | `3` | How large. | More than 0. Odd. | `5` |\n"
        "| `name` | text | none | What it is called. | Lower-case letters. | `abc` |\n"
        "| `code` | text | `x` | Refused without words. |  | `abc` |\n\n"
        "- `size` fits `name`.\n\n"
        "## Example\n\n```yaml\nsize: 5\n```\n"
    )


def test_the_error_and_the_reference_have_the_same_words() -> None:
    """The words of a rule stand once: in its sentence for who breaks it, and in the description for who reads it."""
    taken = parts(stack.types())["NetworkSection"].keys[0]
    assert taken.schema["anyOf"][0]["x-rules"] == ["a VPC id (vpc-...)"]
    with pytest.raises(SettingsError, match=re.escape("'vpc-X' is not a VPC id (vpc-...).")):
        load_wrong({"vpc": "vpc-X"})


def load_wrong(network: dict[str, object]) -> None:
    from infra.load import load_settings

    load_settings({"data-tier:name": "shop", "data-tier:network": network}, stack="dev", source="Pulumi.dev.yaml")
