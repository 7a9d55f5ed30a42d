"""What adopting does, thing by thing, in the words of the preflight. Data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from adopt.estate import Unread
from adopt.refusal import Refusal
from preview.impact.effect import Impact

Verdict = Literal["taken", "changed", "replaced", "blocked", "new"]
"""Taken over as it is; changed in place by the first `up`, or, of the bootstrap, run again; replaced by it, or a change
that AWS refuses, so nothing is written; made new."""

_STOPS: frozenset[Verdict] = frozenset({"replaced", "blocked"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource of the stack."""

    verdict: Verdict
    type: str
    name: str
    """Logical name."""
    id: str
    """What it is imported by; empty for a new one."""
    impacts: tuple[Impact, ...] = ()
    """What the first `up` changes of it, and what whoever uses it feels."""
    keep: str = ""
    """The line of the stack's file that would keep it as it is; of a replaced one."""


@dataclass(frozen=True, kw_only=True)
class ParameterRow:
    """A parameter whose live value is not the computed one."""

    server: str
    """Name in the stack."""
    parameter: str
    live: str
    computed: str | None
    """None where the program computes none."""
    kept: bool
    """Whether the live value stands in the stack's file."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something around the servers that stays as it is and does not become part of the stack."""

    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What somebody has to look at before the first `up`."""

    key: str
    """Of the stack's file, such as `data-tier:network.endpoints`."""
    said: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole."""

    stack: str
    account: str
    """Account that was read."""
    region: str
    """Of the primary."""
    entries: tuple[Entry, ...]
    """In the order of their URNs."""
    parameters: tuple[ParameterRow, ...]
    refusals: tuple[Refusal, ...]
    left: tuple[Left, ...]
    unread: tuple[Unread, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether nothing may be written."""
        return any(each.whole for each in self.refusals) or any(each.verdict in _STOPS for each in self.entries)

    def of(self, *verdicts: Verdict) -> tuple[Entry, ...]:
        """The entries of these verdicts."""
        return tuple(each for each in self.entries if each.verdict in verdicts)

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines; keys are only ever added."""
        return {
            "stack": self.stack,
            "account": self.account,
            "region": self.region,
            "refused": self.refused,
            "verdicts": dict(Counter(each.verdict for each in self.entries)),
            "resources": [asdict(each) for each in self.entries],
            "cannot_be_taken": [asdict(each) for each in self.refusals],
            "parameters": [asdict(each) for each in self.parameters],
            "left": [asdict(each) for each in self.left],
            "unread": [asdict(each) for each in self.unread],
            "remarks": [asdict(each) for each in self.remarks],
        }
