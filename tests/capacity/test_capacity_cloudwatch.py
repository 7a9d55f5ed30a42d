"""CloudWatch's history: what is asked, held against botocore's model, and what comes of the answers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import ANY, Stubber

from capacity import cloudwatch
from capacity.cloudwatch import CACHE, DATABASE, history
from capacity.report import Source
from capacity.room import CacheRoom, DatabaseRoom
from capacity.series import Series

NOW = datetime.datetime(2026, 11, 30, 4, 17, 5, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
FIRST = datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC)
DATABASE_ROOM = DatabaseRoom(node="primary", identifier="orders-live", region="eu-west-1", allocated_bytes=100)
CACHE_ROOM = CacheRoom(node="basket", identifier="orders-live-basket", region="eu-west-1")


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    session, made = Session(), {}
    clients: dict[str, Any] = {}
    for service in ("cloudwatch", "elasticache"):
        clients[service] = session.create_client(
            service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        made[service] = Stubber(clients[service])
        made[service].activate()

    def client(service: str, region: str, endpoint: object) -> Any:
        assert (region, endpoint) == ("eu-west-1", None)
        return clients[service]

    monkeypatch.setattr(cloudwatch, "aws_client", client)
    yield made
    for stub in made.values():
        stub.assert_no_pending_responses()


def query(number: int, namespace: str, metric: cloudwatch.Metric, dimension: str, value: str) -> dict[str, Any]:
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": dimension, "Value": value}],
            },
            "Period": metric.period,
            "Stat": metric.statistic,
        },
        "ReturnData": True,
    }


def asked(queries: list[dict[str, Any]], token: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MetricDataQueries": queries,
        "StartTime": datetime.datetime(2025, 10, 26, tzinfo=datetime.UTC),
        "EndTime": datetime.datetime(2026, 11, 30, 4, tzinfo=datetime.UTC),
        "ScanBy": "TimestampAscending",
    }
    return found | ({"NextToken": token} if token else {})


OF_DATABASE = [query(n, "AWS/RDS", each, "DBInstanceIdentifier", "orders-live") for n, each in enumerate(DATABASE)]


def result(number: int, *values: float) -> dict[str, Any]:
    return {
        "Id": f"m{number}",
        "Timestamps": [FIRST + n * DAY for n in range(len(values))],
        "Values": list(values),
        "StatusCode": "Complete",
    }


def index(name: str) -> int:
    return next(n for n, each in enumerate(DATABASE) if each.name == name)


def series(name: str, node: str, unit: Any, *values: float) -> Series:
    times = [FIRST + n * DAY for n in range(len(values))]
    return Series(name=name, node=node, unit=unit, times=times, values=list(values))


def test_free_storage_is_told_as_what_is_used_and_reads_and_writes_are_one_over_all_pages(
    stubs: dict[str, Stubber],
) -> None:
    pages = [
        [result(index("FreeStorageSpace"), 60, 50), result(index("ReadIOPS"), 100, 200)],
        [result(index("WriteIOPS"), 10), result(index("DatabaseConnections"), 7, 9)],
    ]
    stubs["cloudwatch"].add_response(
        "get_metric_data", {"MetricDataResults": pages[0], "NextToken": "more"}, asked(OF_DATABASE)
    )
    stubs["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": pages[1]}, asked(OF_DATABASE, "more"))

    found, sources = history([DATABASE_ROOM], [], NOW)

    assert sorted(found, key=lambda each: each.name) == [
        series("connections", "primary", "connections", 7, 9),
        series("iops", "primary", "operations/s", 110),  # of the second day half a sum would look like less
        series("storage", "primary", "bytes", 40, 50),
    ]
    since, until = FIRST.date(), (FIRST + DAY).date()
    assert sources == (Source(node="primary", kind="CloudWatch", series=3, since=since, until=until),)


def test_of_a_caches_nodes_the_highest_counts(stubs: dict[str, Stubber]) -> None:
    groups = {"ReplicationGroups": [{"MemberClusters": ["orders-live-basket-001", "orders-live-basket-002"]}]}
    stubs["elasticache"].add_response(
        "describe_replication_groups", groups, {"ReplicationGroupId": "orders-live-basket"}
    )
    nodes = groups["ReplicationGroups"][0]["MemberClusters"]
    queries = [
        query(n * len(CACHE) + i, "AWS/ElastiCache", each, "CacheClusterId", node)
        for n, node in enumerate(nodes)
        for i, each in enumerate(CACHE)
    ]
    answers = [result(0, 10, 30), result(len(CACHE), 20, 25)]
    stubs["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": answers}, asked(queries))

    found, _ = history([], [CACHE_ROOM], NOW)

    assert found == (series("memory", "basket", "bytes", 20, 30),)


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (
            "AccessDenied",
            ": allow cloudwatch:GetMetricData and elasticache:DescribeReplicationGroups to whoever runs this",
        ),
        ("Throttling", ": AWS is asked too often in this account: try again in a minute"),
        ("InternalServiceFault", ""),
    ],
)
def test_what_is_refused_is_told_and_the_other_servers_are_asked(
    stubs: dict[str, Stubber], code: str, mend: str
) -> None:
    replica = DatabaseRoom(node="reports", identifier="orders-live-reports", region="eu-west-1")
    stubs["cloudwatch"].add_client_error("get_metric_data", code, "it says")
    stubs["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": []}, ANY_REQUEST)

    found, sources = history([DATABASE_ROOM, replica], [], NOW)

    assert found == ()
    assert [each.said for each in sources] == [
        f"CloudWatch's history could not be had ({code}: it says){mend}",
        "CloudWatch has nothing of orders-live-reports: it is new, or in another region",
    ]


ANY_REQUEST = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": ANY}


def test_a_server_that_is_not_on_aws_is_not_asked_for(stubs: dict[str, Stubber]) -> None:
    assert history([DatabaseRoom(node="primary")], [CacheRoom(node="basket/one")], NOW) == ((), ())
