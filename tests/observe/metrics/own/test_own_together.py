"""What several servers mean as one, for the exporter: nothing is known of it while one of them does not answer.

That it is found where all of them answer is seen on a tier (tests/cli/test_on_call.py).
"""

from __future__ import annotations

from time import monotonic
from typing import NoReturn

from bootstrap.secrets import LoginError
from observe.catalogue import together
from observe.metrics.own.postgres import postgres_checks
from observe.metrics.own.together import together_source
from observe.metrics.source import Refused
from observe.node import PostgresNode
from observe.postgres.index_usage import INDEX_USAGE


def node(name: str) -> PostgresNode:
    def connect(_: int) -> NoReturn:
        raise LoginError(f"{name}: connection refused", refused=False)

    return PostgresNode(name=name, address=f"{name}:5432", replica=name != "orders", connect=connect)


def test_it_is_refused_with_each_server_that_does_not_answer() -> None:
    source = together_source(lambda: (node("orders"), node("copy")), together())
    scrape = source.scrape(monotonic() + 60)
    assert source.name == "orders"
    assert scrape.families == []
    assert scrape.refused == [
        Refused("datatier_check_status", "orders: connection refused; copy: connection refused", "")
    ]


def test_no_server_is_asked_the_same_twice() -> None:
    """An instance has one age for each group."""
    assert together() == (INDEX_USAGE,)
    alone = postgres_checks(lambda: node("orders"), None)
    of_all = together_source(lambda: (node("orders"),), together())
    assert not {each.name for each in alone._groups} & {each.name for each in of_all._groups}
