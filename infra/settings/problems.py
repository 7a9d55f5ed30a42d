"""What is wrong with a declaration, all at once: key path, rule and, for a misspelt key, the nearest known one."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.errors import MORE
from infra.trigger import PACKAGE


@dataclass(frozen=True, order=True)
class SettingsProblem:
    """One thing wrong in a file."""

    key: str
    """Path of the key, e.g. `data-tier:postgres.storage.max`."""
    rule: str
    """What is wrong and what mends it, one sentence."""

    def __str__(self) -> str:
        return f"{self.key}: {self.rule}"


def declared_wrong(error: BaseException) -> bool:
    """Whether an error is a sentence about what the stack's files declare: a ValueError of the program's own code."""
    frame, path = error.__traceback__, Path()
    while frame is not None:
        path, frame = Path(frame.tb_frame.f_code.co_filename), frame.tb_next
    ours = path.is_relative_to(PACKAGE) and path.relative_to(PACKAGE).parts[0] in ("components", "infra")
    return ours and isinstance(error, ValueError)


class SettingsError(ValueError):
    """The stack's settings are wrong; `problems` holds every one."""

    def __init__(self, source: str, problems: Iterable[SettingsProblem], *, page: str | None = None) -> None:
        """`page` names the reference of the file."""
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            f"{source} has {count} problem{'s' if count > 1 else ''}:\n{lines}"
            + (f"\n{MORE.format(page)}" if page else "")
        )


_BRIEF = reprlib.Repr()
_BRIEF.maxlevel, _BRIEF.maxdict, _BRIEF.maxlist, _BRIEF.maxstring, _BRIEF.maxlong, _BRIEF.maxother = (
    2,
    4,
    4,
    80,
    40,
    120,
)


def brief(value: object) -> str:
    """What was given, short enough for a sentence."""
    if isinstance(value, BaseException):
        return " ".join(str(value).split())[:120].rstrip(".") or type(value).__name__
    return _BRIEF.repr(value)


def close(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one was probably meant to be; None when nothing is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean `x`?` for a misspelt word, empty when nothing is near."""
    found = close(word, known)
    return f" Did you mean `{found}`?" if found else ""


def rule_of(error: Any, known: Iterable[str]) -> str:
    """The sentence for one of pydantic's errors."""
    context = error.get("ctx", {})
    given = brief(error.get("input"))
    match error["type"]:
        case "extra_forbidden":
            known = list(known)
            near = nearest(str(error["loc"][-1]), known)
            return f"unknown key.{near or ' Known keys: ' + ', '.join(sorted(known)) + '.'}"
        case "missing":
            return "is required."
        case "value_error":
            return str(context.get("error", error["msg"]))
        case "literal_error" | "enum":
            return f"{given} is not one of {context.get('expected')}."
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a mapping (key: value), not {given}."
        case "list_type" | "tuple_type":
            return f"must be a list, not {given}."
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]} (got {given})."
