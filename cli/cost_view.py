"""Costs of a stack's declaration, for people and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cli.output import escape, table

if TYPE_CHECKING:
    from rich.console import Console

    from cli.project import StackSource
    from cost.estimate import CostChange, Estimate
    from cost.prices import PriceTable
    from graph.resource import Resource

NO_PRICES = "there are no prices yet: `datatier cost refresh` reads them from AWS's price list into prices/."


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a stack costs."""

    prices: PriceTable | None
    """The newest ones; None where there are none yet."""
    now: Estimate
    adds: tuple[CostChange, ...] | None
    """What it adds to what was there before, where that is known."""


def costs(source: StackSource, declared: Sequence[Resource], before: Sequence[Resource] | None) -> Costs:
    """Of what is declared. Raise SavedError for what is no number in what was there before."""
    from cost.estimate import changes, estimate
    from cost.prices import newest
    from graph.resource import Standing

    found = newest(source.root)
    prices = found.by_product() if found else {}
    after = estimate(declared, source.region, prices)
    adds = None
    if before is not None:
        held = [each for each in before if each.standing is Standing.HELD]
        adds = changes(estimate(held, source.region, prices), after)
    return Costs(prices=found, now=after, adds=adds)


def as_json(costs: Costs) -> dict[str, object]:
    """What scripts read; keys are only ever added. Money as text, so that nobody's floats change it."""
    made, found, adds = costs.now, costs.prices, costs.adds
    document: dict[str, object] = {
        "currency": "USD",
        "prices": {"source": found.source, "read_at": found.read_at.isoformat()} if found else None,
        "monthly": _money(made.usd),
        "complete": not made.unknown,
        "lines": [
            {
                "component": each.component,
                "what": each.what,
                "count": each.count,
                "monthly": None if each.usd is None else _money(each.usd),
                "sku": each.sku,
            }
            for each in made.lines
        ],
        "by_use": list(made.by_use),
    }
    if adds is not None:
        document["changes"] = [
            {"component": each.component, "before": _money(each.before), "after": _money(each.after)} for each in adds
        ]
    return document


def show_all(out: Console, costs: Costs) -> None:
    """Each line, the sum, what is not counted, and what a change adds."""
    made, found = costs.now, costs.prices
    rows = [
        [
            escape(each.component),
            escape(each.what),
            each.count,
            "[yellow]unknown[/]" if each.usd is None else _money(each.usd),
        ]
        for each in made.lines
    ]
    out.print(table("", ["component", "what", "count", "USD a month"], rows))
    least = "at least " if made.unknown else ""
    if found:
        out.print(f"[bold]{least}{_money(made.usd)} USD a month[/], by prices of {found.read_at:%Y-%m-%d}")
    for said in made.by_use:
        out.print(f"[dim]not counted:[/] {escape(said)}")
    if costs.adds is not None:
        out.print("\n".join(escape(each) for each in change_lines(costs)))


def change_lines(costs: Costs) -> list[str]:
    """What a change adds to a month, a line for each component, as text that Markdown takes too."""
    made, found, adds = costs.now, costs.prices, costs.adds or ()
    if found is None:
        return [f"Costs: {NO_PRICES}"]
    total = sum((each.adds for each in adds), Decimal(0))
    least = ", at least, as something has no price" if made.unknown else ""
    head = f"Costs: {total:+.2f} USD a month, then {_money(made.usd)}{least} (prices of {found.read_at:%Y-%m-%d})"
    return [head, *(f"- {each.component}: {_money(each.before)} -> {_money(each.after)}" for each in adds)]


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
