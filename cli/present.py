"""The data of a tier as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from cli.output import escape, table

plain = escape


_FEW = 5


def tier(out: Console, data: Mapping[str, Any]) -> None:
    """Servers, schema and access of a tier (`local.status.status`): what was seen, and the time of what was not."""
    rows: list[tuple[object, ...]] = []
    postgres = data["postgres"]
    wrong = trouble(data["processes"])
    if primary := postgres["primary"]:
        said = wrong.get(primary["port"], f"database {primary['database']}")
        rows.append(("PostgreSQL", "primary", f"{primary['host']}:{primary['port']}", said))
    for replica in postgres["replicas"]:
        said = wrong.get(replica["port"], _lag(replica))
        rows.append(("PostgreSQL", f"replica {replica['name']}", f"{replica['host']}:{replica['port']}", said))
    for name, cache in data["redis"].items():
        kind = f"cache {name}" + (" (cluster)" if cache.get("cluster_mode") else "")
        rows += [
            (kind, node["role"] or "", f"{node['host']}:{node['port']}", wrong.get(node["port"], ""))
            for node in cache["nodes"]
        ]
    if data.get("emulator"):
        where = data["emulator"]["endpoint"].removeprefix("http://")
        rows.append(("AWS emulator", "", where, wrong.get(int(where.rpartition(":")[2]), "")))
    out.print(table(f"stack {data['stack']}", ("server", "role", "address", ""), rows))
    _schema_and_access(out, data)
    _backups(out, data)
    for sentence in data.get("used_up", ()):
        out.print(f"[red]connections[/] {escape(sentence)}")
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


def _backups(out: Console, data: Mapping[str, Any]) -> None:
    """Automated backups of the primaries, and what drills have left."""
    for name, each in data.get("backups", {}).items():
        spans = [f"from {begin[:19]} to {end[:19] if end else 'now'}" for begin, end in each["spans"]]
        said = f"any time {', '.join(spans)}" if spans else "nothing can be restored"
        said += "; WAL since was let go" if each["gap"] else ""
        out.print(escape(f"backups of {name}: {each['bytes'] // 1024**2} MiB, {said}"))
        if each["trouble"]:
            out.print(f"[red]not archived[/] {escape(each['trouble'])}")
    for each in data.get("aside", ()):
        left = f"{each['kind']} {each['identifier']}, of {each['source']}, since {each['made_at'][:19]}"
        out.print(f"[yellow]aside[/] {escape(left)}" + (escape(f" ({each['made_by']})") if each["made_by"] else ""))


def trouble(processes: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Port -> why nobody can use what should be there."""
    down = {each["port"]: "[red]not running[/]" for each in processes if each["pid"] is None}
    stuck = {each["port"]: "[red]does not answer[/]" for each in processes if not each.get("answers", True)}
    return {**stuck, **down}


def _schema_and_access(out: Console, data: Mapping[str, Any]) -> None:
    migration, access = data["postgres"]["migration"], data["access"]
    state = "[red]dirty[/]" if migration["dirty"] else "clean"
    at = f"migration {migration['version']}, {state}"
    when = data.get("bootstrapped") or "the last bootstrap"
    if "migration" in data.get("unseen", ()):
        out.print(f"schema: [yellow]not seen[/], the primary does not answer; {at} at {when}")
    else:
        out.print(f"schema: {at}")
    colour = "red" if access["failed"] else "green"
    out.print(
        f"access, proved at {when}: {access['allowed']} actions allowed, {access['refused']} refused, "
        f"[{colour}]{access['failed']} otherwise than declared[/]"
    )
    if "undeclared" in data.get("unseen", ()):
        out.print("roles and privileges: [yellow]not seen[/], the primary does not answer")


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


def _lag(replica: Mapping[str, object]) -> str:
    lag = replica["lag_seconds"]
    return "[red]not streaming[/]" if lag is None else f"lag {lag:.1f} s"
