"""A report out of made-up series."""

import datetime

from years import made_up


def test_the_limits_of_a_made_up_year_are_all_there_and_the_soonest_is_first() -> None:
    found = made_up()
    names = [each.name for each in found.limits]
    assert names[0] == "storage"
    assert sorted(names) == ["basket connections", "basket memory", "connections", "storage", "transaction-ids"]
    storage = found.limits[0]
    assert storage.date is not None
    assert abs((storage.date - datetime.date(2027, 5, 11)).days) < 7
    assert storage.confidence == "good"


def test_tables_are_listed_by_how_much_they_grow() -> None:
    assert [each.name for each in made_up().growth] == [
        "table shop.orders",
        "table shop.events",
        "table shop.countries",
    ]
