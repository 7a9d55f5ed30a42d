"""The price table: a file by its date, as `datatier cost refresh` has read it from AWS, with each price's SKU."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bootstrap.errors import AskedError
from cost.product import Product

FOLDER = "prices"
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")


class Tier(BaseModel):
    """A price from one quantity of a month up to another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: Decimal
    end: Decimal | None
    """None: no end."""
    usd: Decimal


class Price(BaseModel):
    """What one product costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    region: str
    usage: str
    attributes: dict[str, str]
    unit: str
    """As AWS has it: `Hrs`, `GB-Mo`."""
    tiers: tuple[Tier, ...]
    sku: str
    effective: str
    """From when on AWS asks for it."""

    @property
    def product(self) -> Product:
        """Of what it is the price."""
        return Product(
            service=self.service,
            region=self.region,
            usage=self.usage,
            attributes=tuple(sorted(self.attributes.items())),
        )

    def of(self, quantity: Decimal) -> Decimal:
        """USD for that much of a month."""
        total = Decimal(0)
        for tier in self.tiers:
            top = quantity if tier.end is None else min(quantity, tier.end)
            total += max(top - tier.begin, Decimal(0)) * tier.usd
        return total


class PriceTable(BaseModel):
    """All of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    source: str
    read_at: datetime
    prices: tuple[Price, ...]

    def by_product(self) -> dict[Product, Price]:
        """Each price by what it is of."""
        return {each.product: each for each in self.prices}


def newest(root: Path) -> PriceTable | None:
    """The newest table of a project; None where it has none. Raise AskedError for one that cannot be read."""
    folder = root / FOLDER
    names = sorted(path for path in folder.glob("*.json") if _NAME.fullmatch(path.name)) if folder.is_dir() else []
    if not names:
        return None
    try:
        return PriceTable.model_validate_json(names[-1].read_bytes())
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "file"
        raise AskedError(
            f"{names[-1]} is not a price table ({where}: {wrong['msg']}): `datatier cost refresh` writes one"
        ) from None


def keep(root: Path, table: PriceTable) -> Path:
    """Write it under its date, whole or not at all."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{table.read_at:%Y-%m-%d}.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(table.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path
