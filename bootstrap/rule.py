"""What a key of a declaration takes: one value that checks it, says it in words, and says it as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

WORDS = "x-rules"
"""Under which a JSON Schema made of the types has the words of its rules, until they are put into descriptions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """Metadata of a type, in place of pydantic's validators, which cannot be read."""

    words: str
    """What the key takes, as the end of a sentence: `1 to 35 days (RDS)`. Empty where the type says it."""
    check: Callable[..., object]
    """Return the value, or raise ValueError with what is wrong."""
    schema: Mapping[str, object] | Callable[[], Mapping[str, object]] = field(default_factory=dict)
    """What JSON Schema can say of it: laid on the schema of the type, or in its place where the type is not read."""
    when: Literal["after", "before", "instead"] = "after"
    """The type's own validation comes before it, after it, or not at all."""
    instead: bool = False
    """Whether `schema` takes the place of the type's own."""
    also: tuple[Mapping[str, object], ...] = ()
    """Schemas of other forms that are taken."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """As pydantic asks each piece of metadata."""
        if self.when == "instead":
            return core_schema.no_info_plain_validator_function(self.check)
        inner = handler(source)
        if self.when == "before":
            return core_schema.no_info_before_validator_function(self.check, inner)
        return core_schema.no_info_after_validator_function(self.check, inner)

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The same for JSON Schema."""
        replaced = self.instead or self.when == "instead"
        found: dict[str, Any] = {} if replaced else dict(handler(core))
        if self.also:
            found = {"anyOf": [*self.also, found]}
        more = {WORDS: [*found.get(WORDS, []), self.words]} if self.words else {}
        schema = self.schema() if callable(self.schema) else self.schema
        return {**found, **schema, **more}


class _Short(Rule):
    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(core)
        taken = handler.resolve_ref_schema(found)["properties"][self.words]
        return {"anyOf": [*(each for each in taken.get("anyOf", [taken]) if each != {"type": "null"}), found]}


def short(key: str) -> Rule:
    """Let `readwrite` stand for `{privileges: readwrite}`."""

    def expand(value: object) -> object:
        return {key: value} if isinstance(value, str) else value

    return _Short(words=key, check=expand, when="before")


def whole(pattern: str) -> str:
    """A pattern of Python's `fullmatch` as JSON Schema has it."""
    return f"^(?:{pattern})$"


def matches(pattern: str, words: str, verb: Literal["is not", "must be"] = "is not") -> Rule:
    """A text of a form. `words` name it, in the error too."""
    compiled = re.compile(pattern, re.ASCII)  # AWS has no other digits

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} {verb} {words}.")
        return value

    return Rule(words=words, check=check, schema={"pattern": whole(pattern)})


Checking = TypeVar("Checking", bound=Callable[..., object])


def says(words: Mapping[str, str]) -> Callable[[Checking], Checking]:
    """Key -> in words what a function checks that compares several keys; `NAME` stands for an entry's name."""

    def mark(function: Checking) -> Checking:
        function.said = dict(words)  # type: ignore[attr-defined]
        return function

    return mark


def said(module: object) -> dict[str, list[str]]:
    """Key -> what the functions of a module say of it."""
    found: dict[str, list[str]] = {}
    for function in vars(module).values():
        if getattr(function, "__module__", None) == getattr(module, "__name__", ""):
            for key, words in getattr(function, "said", {}).items():
                found.setdefault(key, []).append(words)
    return found
