"""Where a proof works, and what came of one alarm in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of one account and region."""

    cloudwatch: Any
    sns: Any
    sqs: Any
    kms: Any
    enforcing: bool
    """Whether policies and keys hold there; an emulator delivers whatever they say."""


@dataclass(frozen=True, kw_only=True)
class ProofOutcome:
    """One alarm and one of its topics."""

    alarm: str
    topic: str
    """ARN; empty for an alarm that could not be rung."""
    arrived: bool
    seconds: float | None
    """From setting the alarm to receiving its message."""
    why: str = ""
    """Why not."""
