"""The data of a tier as tables for people."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.output import table

plain = escape


_FEW = 5
_DOWN = "[red]not running[/]"


def tier(out: Console, data: dict[str, Any]) -> None:
    """Servers, schema and access of a tier (`local.status.status`)."""
    rows: list[tuple[Any, ...]] = []
    postgres = data["postgres"]
    down = {process["port"] for process in data["processes"] if process["pid"] is None}
    if primary := postgres["primary"]:
        said = _DOWN if primary["port"] in down else f"database {primary['database']}"
        rows.append(("PostgreSQL", "primary", f"{primary['host']}:{primary['port']}", said))
    for replica in postgres["replicas"]:
        said = _DOWN if replica["port"] in down else _lag(replica)
        rows.append(("PostgreSQL", f"replica {replica['name']}", f"{replica['host']}:{replica['port']}", said))
    for name, cache in data["redis"].items():
        kind = f"cache {name}" + (" (cluster)" if cache.get("cluster_mode") else "")
        rows += [
            (kind, node["role"] or "", f"{node['host']}:{node['port']}", "" if node["role"] else _DOWN)
            for node in cache["nodes"]
        ]
    if data.get("emulator"):
        where = data["emulator"]["endpoint"].removeprefix("http://")
        rows.append(("AWS emulator", "", where, _DOWN if int(where.rpartition(":")[2]) in down else ""))
    out.print(table(f"stack {data['stack']}", ("server", "role", "address", ""), rows))
    migration, access = postgres["migration"], data["access"]
    state = "[red]dirty[/]" if migration["dirty"] else "clean"
    out.print(f"schema: migration {migration['version']}, {state}")
    colour = "red" if access["failed"] else "green"
    out.print(
        f"access: {access['allowed']} actions proved allowed, {access['refused']} proved refused, "
        f"[{colour}]{access['failed']} otherwise than declared[/]"
    )
    for name, cache in data["redis"].items():
        if undeclared := cache.get("undeclared"):
            what = f"{', '.join(undeclared)}, which nobody declared; see `datatier access plan`"
            out.print(f"[yellow]cache {escape(name)} lets in[/] {escape(what)}")
    for sentence in data["undeclared"]:
        out.print(f"[yellow]undeclared[/] {escape(sentence)}")
    drift = data.get("drift", [])
    for action in drift[:_FEW]:
        out.print(f"[yellow]differs[/] {escape(action['target'])}: {escape(action.get('sql') or action['detail'])}")
    if len(drift) > _FEW:
        out.print(f"[yellow]differs[/] {len(drift) - _FEW} more: `datatier access plan`")


def checks(out: Console, report: dict[str, Any]) -> None:
    """What verification proved, by identity and place."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for check in report.get("checks", []):
        place = counted.setdefault((check["identity"], f"{check['engine']} {check['target']}"), Counter())
        place[check["expected"] if check["ok"] else "failed"] += 1
    rows = [
        (identity, where, count["allowed"], count["refused"], count["failed"])
        for (identity, where), count in sorted(counted.items())
    ]
    if rows:
        out.print(table("verified by login", ("identity", "where", "allowed", "refused", "failed"), rows))
    for check in report.get("checks", []):
        if not check["ok"]:
            where = f"{check['identity']} on {check['target']}: {check['action']}"
            told = f"{where}: {check['expected']} expected, got {check['outcome']}"
            out.print(f"[red]failed[/] {escape(told)}")


def steps(out: Console, report: dict[str, Any]) -> None:
    """The bootstrap's steps with their times."""
    rows = [(step["name"], f"{step['seconds']:.2f} s", step["changed"]) for step in report["steps"]]
    out.print(table(f"bootstrap of {report['stack']}", ("step", "time", "changed"), rows))


def differences(out: Console, sentences: list[str]) -> None:
    """What a local tier is not."""
    if sentences:
        out.print("[bold]differs from AWS[/]")
        for sentence in sentences:
            out.print(f"[dim]-[/] {escape(sentence)}")


def _lag(replica: dict[str, Any]) -> str:
    lag = replica["lag_seconds"]
    return "[red]not streaming[/]" if lag is None else f"lag {lag:.1f} s"
