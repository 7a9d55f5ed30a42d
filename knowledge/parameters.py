"""What PostgreSQL and Redis parameters share: the parameter itself, and the error that lists all that is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

Value = str | int | float | bool

DEFAULT = "default"
"""Value of a parameter that says: the parameter group leaves it to AWS. No parameter of either engine takes it."""
EVERY = "*"
"""Name for every parameter that is not named."""


class ApplyMethod(StrEnum):
    """When a changed parameter takes effect."""

    IMMEDIATE = "immediate"
    """At once; a static parameter is refused."""
    PENDING_REBOOT = "pending-reboot"
    """At the next reboot."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a parameter group, its value in the unit the engine itself uses."""

    name: str
    """Name, as the engine has it."""
    value: str
    """Value, as text."""
    apply_method: ApplyMethod
    """When a change takes effect (RDS; ElastiCache decides by itself)."""


class ParameterError(ValueError):
    """Parameters that cannot be; `problems` holds one sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest known spelling, or nothing where none is near."""
    nearest = get_close_matches(name.lower(), list(known), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def plain(value: Value) -> str:
    """Write a value as a parameter group wants it: switches as 1 and 0, numbers without an exponent."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value).strip()


def as_value(text: str) -> Value:
    """A parameter group's text as a person writes it in YAML: a whole number as one."""
    return int(text) if text.removeprefix("-").isdecimal() else text
