"""What came of a look at every server, as data: the same for people, scripts, probes and the exporter's `/health`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from knowledge.thresholds.threshold import Status
from observe.observation import Engine, Finding

Role = Literal["primary", "replica"]
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, kw_only=True)
class Health:
    """One server."""

    name: str
    engine: Engine
    role: Role | None
    """As it is; as it is declared where it does not answer; None where neither is known."""
    address: str
    up: bool
    """Whether it let us in and answered."""
    ms: float | None
    """How long one statement took, without the login; None where nothing came."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class HealthReport:
    """All of them, and what is known of the stack as a whole."""

    nodes: tuple[Health, ...]
    findings: tuple[Finding, ...] = ()
    """Of no server alone."""

    @property
    def ok(self) -> bool:
        """Whether every server is up and nothing is critical."""
        return all(each.up for each in self.nodes) and not any(
            finding.status is Status.CRITICAL for _, finding in self.checks
        )

    @property
    def checks(self) -> Iterator[tuple[str, Finding]]:
        """Each check with its server's name, empty for the stack; the servers in their order, the stack last."""
        yield from ((node.name, finding) for node in self.nodes for finding in node.findings)
        yield from (("", finding) for finding in self.findings)

    def data(self) -> dict[str, Json]:
        """`{"ok", "nodes": [{"name", "engine", "role", "up", "ms"}], "checks": [...]}`; keys are only ever added."""
        return {
            "ok": self.ok,
            "nodes": [
                {
                    "name": each.name,
                    "engine": each.engine,
                    "role": each.role,
                    "up": each.up,
                    "ms": each.ms,
                    "address": each.address,
                }
                for each in self.nodes
            ],
            "checks": [check_data(node, finding) for node, finding in self.checks],
        }

    def line(self) -> str:
        """One line for a probe: `OK 4 nodes`, `CRITICAL standby: no answer in 1 s; main/1: ...`."""
        worst = Status.OK if self.ok else Status.CRITICAL
        said = [_said(each) for each in self.checks if each[1].status is Status.CRITICAL]
        warnings = [_said(each) for each in self.checks if each[1].status is Status.WARN]
        if worst is Status.OK and warnings:
            worst = Status.WARN
        nodes = f"{len(self.nodes)} node{'' if len(self.nodes) == 1 else 's'}"
        return f"{worst.upper()} {'; '.join((said + warnings) or [nodes])}"


def check_data(node: str, finding: Finding) -> dict[str, Json]:
    """One check; `threshold` is `{"warn", "critical", "unit"}`, None where there is none."""
    threshold = finding.threshold
    return {
        "id": finding.check,
        "node": node,
        "status": finding.status.value,
        "value": finding.value,
        "threshold": {**threshold.data()} if threshold else None,
        "source": threshold.source if threshold else None,
        "object": finding.object,
        "message": finding.message,
        "mend": finding.mend,
        "runbook": threshold.runbook if threshold else None,
    }


def _said(check: tuple[str, Finding]) -> str:
    node, finding = check
    said = " ".join(finding.message.split())
    return f"{node}: {said}" if node else said
