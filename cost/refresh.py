"""Reads prices through AWS's Price List API. What it answers is kept as it is; nothing is worked out or filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from bootstrap.aws import Where, aws_client
from bootstrap.errors import BootstrapError
from cost.prices import Price, PriceTable, Tier
from cost.product import Product

API_REGION = "us-east-1"
"""Where the API answers for every region (AWS Billing User Guide, "Using the AWS Price List Query API")."""
SOURCE = "AWS Price List Query API, GetProducts (service code, regionCode), terms OnDemand, USD"


class PriceError(BootstrapError):
    """AWS has refused, or said something that is no price list."""


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What was read."""

    table: PriceTable
    missing: tuple[tuple[Product, str], ...]
    """What has no price in the answer, and why."""


def refresh(products: Iterable[Product], endpoint: Where = None) -> Refreshed:
    """Read a price for each product. Raise PriceError."""
    client = aws_client("pricing", API_REGION, endpoint)
    prices: list[Price] = []
    missing: list[tuple[Product, str]] = []
    for product in sorted(set(products)):
        found = list(_candidates(client, product))
        said = _one(found)
        if isinstance(said, str):
            missing.append((product, said))
        else:
            prices.append(said)
    table = PriceTable(source=SOURCE, read_at=datetime.now(UTC).replace(microsecond=0), prices=tuple(prices))
    return Refreshed(table=table, missing=tuple(missing))


def filters(product: Product) -> list[dict[str, str]]:
    """What GetProducts is asked to match; the usage type has a prefix that only the answer tells."""
    wanted = {"regionCode": product.region, **dict(product.attributes)}
    return [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in sorted(wanted.items())]


def _candidates(client: Any, product: Product) -> Iterator[Price]:
    try:
        pages = client.get_paginator("get_products").paginate(ServiceCode=product.service, Filters=filters(product))
        for page in pages:
            for text in page["PriceList"]:
                document = json.loads(text)
                if product.is_usage(document["product"]["attributes"].get("usagetype", "")):
                    yield from _prices(document, product)
    except ClientError as error:
        raise PriceError(
            f"pricing:GetProducts was refused ({error.response['Error']['Code']}): whoever runs this needs that "
            "action on *, which reads public prices and nothing of the account"
        ) from None
    except BotoCoreError as error:
        mend = ": log in (`aws sso login`) or set AWS_PROFILE" if isinstance(error, NoCredentialsError) else ""
        raise PriceError(f"the Price List API of {API_REGION} cannot be asked: {error}{mend}") from None
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise PriceError(
            f"the Price List API's answer on {product.service} has not the form of a price list "
            f"({type(error).__name__}: {error})"
        ) from None


def _prices(document: dict[str, Any], product: Product) -> Iterator[Price]:
    """On demand, in USD."""
    for term in document.get("terms", {}).get("OnDemand", {}).values():
        dimensions = [each for each in term["priceDimensions"].values() if "USD" in each["pricePerUnit"]]
        if not dimensions:
            continue
        tiers = [
            Tier(
                begin=Decimal(each.get("beginRange", "0")),
                end=None if each.get("endRange", "Inf") == "Inf" else Decimal(each["endRange"]),
                usd=Decimal(each["pricePerUnit"]["USD"]),
            )
            for each in dimensions
        ]
        yield Price(
            service=product.service,
            region=product.region,
            usage=product.usage,
            attributes=dict(product.attributes),
            unit=dimensions[0]["unit"],
            tiers=tuple(sorted(tiers, key=lambda tier: tier.begin)),
            sku=document["product"]["sku"],
            effective=term["effectiveDate"],
        )


def _one(found: list[Price]) -> Price | str:
    """The one price, where all that match agree on it: an engine's and that of `Any` are the same thing twice."""
    if not found:
        return "AWS's list has no such product there"
    if len({(each.unit, each.tiers) for each in found}) > 1:
        return f"AWS's list has {len(found)} prices for it, which differ: {', '.join(sorted(p.sku for p in found))}"
    return min(found, key=lambda price: price.sku)
