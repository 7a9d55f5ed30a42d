"""`datatier cost` and the costs in a preview's report, on prices that are made up for these tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from made_up_prices import made_up
from project_folder import Project

from cost.prices import PriceTable, keep
from cost.product import Product

CLASS = "db.r7g.large"


def priced(project: Project, *usages: tuple[str, dict[str, str], str]) -> None:
    """The project has prices of these usage types of RDS, and no others."""
    prices = [
        made_up(Product(service="AmazonRDS", region="eu-west-1", usage=u, attributes=tuple(sorted(a.items()))), usd)
        for u, a, usd in usages
    ]
    keep(project.folder, PriceTable(source="made up", read_at=datetime(2026, 11, 1, tzinfo=UTC), prices=tuple(prices)))


def test_without_prices_nothing_is_invented(project: Project) -> None:
    said = project.ok("cost", "prod", "--json")
    assert (said.json["prices"], said.json["monthly"], said.json["complete"]) == (None, "0.00", False)
    assert {each["monthly"] for each in said.json["lines"]} == {None}
    assert "`datatier cost refresh` reads them" in project.ok("cost", "prod").err
    said = project.run("cost", "nope")
    assert (said.code, "There is no stack `nope`" in said.err) == (2, True)
    said = project.run("cost", "refresh", "local")
    assert (said.code, "is a stack of this computer" in said.err) == (2, True)


def test_a_change_in_the_previews_report(project: Project) -> None:
    before = project.ok("preview", "prod", "--json").out
    smaller = before.replace(CLASS, "db.r7g.xlarge")
    engine = {"databaseEngine": "PostgreSQL", "deploymentOption": "Multi-AZ"}
    priced(
        project,
        (f"Multi-AZUsage:{CLASS}", {**engine, "instanceType": CLASS}, "1.5"),
        ("Multi-AZUsage:db.r7g.xlarge", {**engine, "instanceType": "db.r7g.xlarge"}, "3"),
    )
    found = project.ok("cost", "prod", "--json").json
    (line,) = [each for each in found["lines"] if each["monthly"] is not None]
    assert line == {
        "component": "postgres", "what": f"{CLASS} Multi-AZ", "count": 1, "monthly": "1095.00", "sku": "MADE-UP",
    }  # fmt: skip
    said = project.run("preview", "prod", "--against", "-", "--format", "markdown", stdin=smaller)
    assert said.out.endswith(
        "\nCosts: -1095.00 USD a month, then 1095.00, at least, as something has no price (prices of 2026-11-01)\n"
        "- postgres: 2190.00 -> 1095.00\n"
    )
    said = project.run("preview", "prod", "--against", "-", "--json", stdin=smaller)
    assert said.json["cost"]["changes"] == [{"component": "postgres", "before": "2190.00", "after": "1095.00"}]
    assert Decimal(said.json["cost"]["monthly"]) == 1095
    said = project.run("cost", "prod", "--against", "-", stdin=json.dumps({"deployment": {"resources": [3]}}))
    assert (said.code, "deployment.resources[0] is a number" in said.err) == (2, True)
