"""Prices as AWS's Price List API gives them: what is asked, what is kept, and what is no price. All are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bootstrap.errors import AskedError
from cost import refresh
from cost.prices import PriceTable, keep, newest
from cost.product import Product

STORAGE = Product(
    service="AmazonRDS", region="eu-west-1", usage="RDS:GP3-Storage", attributes=(("deploymentOption", "Single-AZ"),)
)


def listed(usagetype: str, usd: str, sku: str = "MADEUP1", unit: str = "GB-Mo", currency: str = "USD") -> str:
    """One product in the form of GetProducts' PriceList: a JSON text."""
    dimension = {"unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {currency: usd}}
    term = {"effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": {f"{sku}.T.D": dimension}}
    return json.dumps(
        {
            "product": {"sku": sku, "productFamily": "Database Storage", "attributes": {"usagetype": usagetype}},
            "terms": {"OnDemand": {f"{sku}.T": term}, "Reserved": {"x": {"priceDimensions": {"y": {}}}}},
        }
    )


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    stub = Stubber(client)
    stub.activate()

    def made(service: str, region: str, endpoint: object) -> Any:
        assert (service, region, endpoint) == ("pricing", "us-east-1", None)
        return client

    monkeypatch.setattr(refresh, "aws_client", made)
    return stub


def answer(api: Stubber, *texts: str, token: str | None = None, after: str | None = None) -> None:
    filters = [
        {"Type": "TERM_MATCH", "Field": "deploymentOption", "Value": "Single-AZ"},
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"},
    ]
    asked = {"ServiceCode": "AmazonRDS", "Filters": filters, **({"NextToken": after} if after else {})}
    api.add_response("get_products", {"PriceList": list(texts), **({"NextToken": token} if token else {})}, asked)


def test_the_price_of_a_product_over_all_pages(api: Stubber) -> None:
    answer(api, listed("EU-RDS:Multi-AZ-GP3-Storage", "9"), listed("EU-RDS:GP2-Storage", "9"), token="more")
    answer(api, listed("EU-RDS:GP3-Storage", "0.0001230000"), after="more")
    found = refresh.refresh([STORAGE, STORAGE])
    api.assert_no_pending_responses()
    (price,) = found.table.prices
    assert found.missing == ()
    assert (price.product, price.unit, price.sku, price.effective) == (
        STORAGE,
        "GB-Mo",
        "MADEUP1",
        "2026-11-01T00:00:00Z",
    )
    assert price.of(Decimal(1000)) == Decimal("0.123")
    assert "GetProducts" in found.table.source


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ((), "AWS's list has no such product there"),
        ((listed("EU-RDS:GP2-Storage", "1"),), "AWS's list has no such product there"),
        ((listed("EU-RDS:GP3-Storage", "1", currency="CNY"),), "AWS's list has no such product there"),
        (
            (listed("EU-RDS:GP3-Storage", "1", "B"), listed("EU-RDS:GP3-Storage", "2", "A")),
            "AWS's list has 2 prices for it, which differ: A, B",
        ),
    ],
    ids=["nothing", "another", "another currency", "two prices"],
)
def test_what_has_no_price_stays_without_one(api: Stubber, texts: tuple[str, ...], why: str) -> None:
    answer(api, *texts)
    found = refresh.refresh([STORAGE])
    assert (found.table.prices, found.missing) == ((), ((STORAGE, why),))


def test_the_same_price_twice_is_one(api: Stubber) -> None:
    """AWS lists storage for each engine and for `Any`."""
    answer(api, listed("EU-RDS:GP3-Storage", "1", "B"), listed("EU-RDS:GP3-Storage", "1", "A"))
    assert [each.sku for each in refresh.refresh([STORAGE]).table.prices] == ["A"]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"product": {}}', listed("RDS:GP3-Storage", "dear")], ids=["no JSON", "list", "bare", "word"]
)
def test_what_is_no_price_list_is_refused(api: Stubber, text: str) -> None:
    answer(api, text)
    with pytest.raises(refresh.PriceError, match="has not the form of a price list"):
        refresh.refresh([STORAGE])


def test_a_refusal_names_the_right_that_is_missing(api: Stubber) -> None:
    api.add_client_error("get_products", "AccessDeniedException")
    with pytest.raises(refresh.PriceError, match=r"pricing:GetProducts was refused \(AccessDeniedException\)"):
        refresh.refresh([STORAGE])


def table(day: int) -> PriceTable:
    return PriceTable(source="made up", read_at=datetime(2026, 11, day, tzinfo=UTC), prices=())


def test_the_newest_table_counts(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    assert [keep(tmp_path, table(day)).name for day in (9, 10)] == ["2026-11-09.json", "2026-11-10.json"]
    (tmp_path / "prices" / "notes.json").write_text("not a table")
    assert newest(tmp_path) == table(10)
    (tmp_path / "prices" / "2026-11-11.json").write_text('{"version": 1}')
    with pytest.raises(AskedError, match=r"2026-11-11.json is not a price table \(source: Field required\)"):
        newest(tmp_path)
