"""How `datatier health` shows what it saw, once and again and again; and what is asked of it in vain."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from in_process import call
from rich.console import Console

from cli import health_watch
from cli.health_view import view
from knowledge.thresholds.nodes import POSTGRES_UP, REPLICA_LAG, SUPPORT
from knowledge.thresholds.postgres import CONNECTIONS, RESPONSE
from knowledge.thresholds.threshold import Status
from observe.health.report import Health, HealthReport, Role
from observe.observation import Finding, judged


def health(name: str, role: Role, *findings: Finding, up: bool = True) -> Health:
    ms = 1.5 if up else None
    return Health(name=name, engine="postgres", role=role, address="db:1", up=up, ms=ms, findings=findings)


FAST = judged(RESPONSE, 1.5, "answers in 1.5 ms")
BUSY = (
    judged(CONNECTIONS, 20, "login web uses 2 of 10 connections", object="login web"),
    judged(CONNECTIONS, 85, "the server uses 85 of 100 connections", mend="datatier queries sessions"),
)
FINE = HealthReport(nodes=(health("orders", "primary", FAST),))
ILL = HealthReport(
    nodes=(
        health("orders", "primary", FAST, judged(SUPPORT, 1446, "supported"), *BUSY),
        health("copy", "replica", judged(POSTGRES_UP, 0, "no answer in 1 s", mend=POSTGRES_UP.runbook), up=False),
        health("far", "replica", FAST, judged(REPLICA_LAG, 0, "it has replayed all that it knows of")),
    ),
    findings=(Finding(check="backup", status=Status.SKIPPED, message="not known"),),
)


def lines(report: HealthReport, *, every: bool = False) -> list[str]:
    out = Console(file=io.StringIO(), width=1000, soft_wrap=True)
    out.print(view(report, every=every))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


def test_a_line_for_each_server_then_what_is_wrong_worst_first() -> None:
    assert lines(ILL) == [
        "server  role     ms   status  what it says",
        "orders  primary  1.5  warn    support 1,446 days, connections 85 %",
        "copy    replica       down    no answer in 1 s",
        "far     replica  1.5  ok      replica-lag 0 s",
        f"critical copy: no answer in 1 s ({POSTGRES_UP.source})",
        f"      mend: {POSTGRES_UP.runbook}",
        f"warn orders: the server uses 85 of 100 connections (warn above 80 %: {CONNECTIONS.source})",
        "      mend: datatier queries sessions",
        "skipped not known",
    ]


def test_all_shows_what_is_fine_too() -> None:
    assert lines(FINE) == ["server  role     ms   status  what it says", "orders  primary  1.5  ok"]
    assert lines(FINE, every=True)[2:] == ["ok orders: answers in 1.5 ms"]


def until_interrupted(*reports: HealthReport) -> Callable[[], HealthReport]:
    """Gives one after the other; then somebody presses Ctrl-C."""
    left = iter(reports)

    def look() -> HealthReport:
        try:
            return next(left)
        except StopIteration:
            raise KeyboardInterrupt from None

    return look


@pytest.mark.parametrize(("reports", "code"), [((FINE, ILL), 1), ((ILL, FINE), 0), ((), 0)])
def test_watched_in_a_pipe_each_look_is_one_line(
    reports: tuple[HealthReport, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health_watch.watch(until_interrupted(*reports), 0, every=False, as_json=False) == code
    said = [line.split(" ", 1) for line in capsys.readouterr().out.splitlines()]
    assert [line for _, line in said] == [each.line() for each in reports]
    assert all(at.endswith("+00:00") for at, _ in said)


def test_watched_as_json_each_look_is_one_document_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert health_watch.watch(until_interrupted(ILL, FINE), 0, every=False, as_json=True) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(each.pop("at").endswith("+00:00") for each in found)
    assert found == [json.loads(json.dumps(each.data())) for each in (ILL, FINE)]


def test_watched_on_a_terminal_the_table_is_drawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    monkeypatch.setattr(health_watch, "console", lambda: out)
    assert health_watch.watch(until_interrupted(FINE, ILL), 0, every=False, as_json=False) == 1
    assert isinstance(out.file, io.StringIO)
    drawn = out.file.getvalue()
    assert "no answer in 1 s" in drawn
    assert "\x1b[1A" in drawn, "the cursor goes up again"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "there is no stack `nowhere`"),
        (["lokal"], "Did you mean `local`?"),
        (["--json", "--line"], "leave one of them out"),
        (["--database-url", "redis://a:secret@h/0"], "the database URL cannot be read: write postgres://"),
        (["--redis-url", "postgres://a:secret@h/0"], "the Redis URL cannot be read: write rediss://"),
        (["--manifest", "nowhere.json"], "--manifest nowhere.json"),
        (["local", "--database-url", "postgres://a:secret@h/0"], "leave one of them out"),
        (["--interval", "0"], "--interval"),
        (["--timeout", "0"], "--timeout"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_wrong_input_is_one_sentence(tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text("config: {}\n")
    said = call(tmp_path, "health", *words)
    assert (said.code, said.out) == (2, "")
    assert says in " ".join(said.err.split())
    assert "secret" not in said.err


def test_before_anything_is_up_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    said = call(tmp_path, "health")
    assert (said.code, said.out) == (1, "")
    assert "nothing is up" in said.err
