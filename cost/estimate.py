"""A month's cost of a stack, by component, and what a change adds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cost.billed import BY_USE, Billed, billed
from cost.prices import Price
from cost.product import Product
from graph.resource import Resource
from graph.tree import tops


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """Of one component, all that is billed alike."""

    component: str
    what: str
    count: int
    """Resources."""
    usd: Decimal | None
    """A month; None where the table has no price for it."""
    sku: str = ""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Of a whole stack."""

    lines: tuple[CostLine, ...]
    by_use: tuple[str, ...]
    """What it costs besides, by how much it is used."""

    @property
    def usd(self) -> Decimal:
        """A month, of all that has a price: at least that much where something is unknown."""
        return sum((line.usd for line in self.lines if line.usd is not None), Decimal(0))

    @property
    def unknown(self) -> tuple[CostLine, ...]:
        """What has no price."""
        return tuple(line for line in self.lines if line.usd is None)

    def by_component(self) -> dict[str, Decimal]:
        """Component -> USD a month of what has a price."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            found[line.component] = found.get(line.component, Decimal(0)) + (line.usd or Decimal(0))
        return found


def estimate(resources: Sequence[Resource], region: str, prices: Mapping[Product, Price]) -> Estimate:
    """What they cost a month, on demand, without taxes, discounts and what an account has free."""
    top = tops(resources)
    groups: dict[tuple[str, str, Product], list[Billed]] = {}
    for each in billed(resources, region):
        groups.setdefault((top[each.resource.key], each.what, each.product), []).append(each)
    present = {each.type for each in resources}
    return Estimate(
        lines=tuple(sorted((_line(*key, lines, prices) for key, lines in groups.items()), key=_order)),
        by_use=tuple(said for type_, said in BY_USE.items() if type_ in present),
    )


def _line(
    component: str, what: str, product: Product, lines: Sequence[Billed], prices: Mapping[Product, Price]
) -> CostLine:
    price = prices.get(product)
    quantity = sum((each.quantity for each in lines), Decimal(0))
    return CostLine(
        component=component,
        what=what,
        count=len(lines),
        usd=price.of(quantity) if price else None,
        sku=price.sku if price else "",
    )


def _order(line: CostLine) -> tuple[str, Decimal, str]:
    return line.component, -(line.usd or Decimal(0)), line.what


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """What a change adds to a month, of one component."""

    component: str
    before: Decimal
    after: Decimal

    @property
    def adds(self) -> Decimal:
        """Below zero where it becomes cheaper."""
        return self.after - self.before


def changes(before: Estimate, after: Estimate) -> tuple[CostChange, ...]:
    """The components whose cost is another one, the dearest first."""
    was, becomes = before.by_component(), after.by_component()
    found = [
        CostChange(component=name, before=was.get(name, Decimal(0)), after=becomes.get(name, Decimal(0)))
        for name in sorted(was.keys() | becomes.keys())
    ]
    return tuple(sorted((each for each in found if each.adds), key=lambda each: -each.adds))
