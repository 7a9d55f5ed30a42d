"""Prices that are nobody's: made up for tests, and marked so."""

from __future__ import annotations

from decimal import Decimal

from cost.prices import Price, Tier
from cost.product import Product


def made_up(product: Product, *usd: str, begin: tuple[str, ...] = ("0",)) -> Price:
    """The price of a product; with `begin`, a price from each of these quantities on."""
    ends = [Decimal(each) for each in begin[1:]]
    tiers = [
        Tier(begin=Decimal(start), end=end, usd=Decimal(price))
        for start, end, price in zip(begin, [*ends, None], usd, strict=True)
    ]
    return Price(
        service=product.service, region=product.region, usage=product.usage, attributes=dict(product.attributes),
        unit="made up", tiers=tuple(tiers), sku="MADE-UP", effective="never",
    )  # fmt: skip
