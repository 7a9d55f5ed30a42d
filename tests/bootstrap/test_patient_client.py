"""A client that waits where AWS asks to slow down: how often, how long in all, and that it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from account.reader import NotReadableError, Reader
from bootstrap.aws import PATIENT_RETRIES, aws_client

NOWHERE = "http://127.0.0.1:9"
SLOW = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
TOPICS = b"<ListTopicsResponse><ListTopicsResult><Topics/></ListTopicsResult></ListTopicsResponse>"


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


class Slow:
    """SNS, which asks so many times to come again later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, *, patient: bool) -> None:
        self.times, self.waits = times, list[float]()
        monkeypatch.setattr("botocore.endpoint.time.sleep", self.waits.append)
        self.client = aws_client("sns", f"eu-west-{times}", NOWHERE, patient=patient)
        self.client.meta.events.register("before-send", self.answer)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.times -= 1
        status, body = (400, SLOW) if self.times >= 0 else (200, TOPICS)
        return AWSResponse(request.url, status, {"content-type": "text/xml"}, Raw(body))


@pytest.mark.parametrize("times", [1, 5, PATIENT_RETRIES])
def test_a_patient_client_comes_again(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch, times, patient=True)
    reader = Reader(lambda *_: slow.client, "eu-west-1")
    assert reader.all("sns", "list_topics", "Topics") == []
    assert len(slow.waits) == times
    assert all(0 <= wait <= min(2**number, 20) for number, wait in enumerate(slow.waits))
    assert (reader.calls, reader.retries) == (1, times)


def test_it_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch, PATIENT_RETRIES + 1, patient=True)
    with pytest.raises(NotReadableError, match=r"sns\.list_topics: Throttling") as raised:
        Reader(lambda *_: slow.client, "eu-west-1").all("sns", "list_topics", "Topics")
    assert raised.value.code == "Throttling"


def test_others_give_up_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch, PATIENT_RETRIES - 1, patient=False)
    with pytest.raises(NotReadableError):
        Reader(lambda *_: slow.client, "eu-west-1").all("sns", "list_topics", "Topics")
    assert len(slow.waits) == 4
