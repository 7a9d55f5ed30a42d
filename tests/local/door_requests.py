"""Requests as boto3 sends them, put to the door without a network."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.session import Session

from local.door.app import Door

HOST = "127.0.0.1:15123"
KEY = ("LOCALKEYOFATEST", "the-secret-of-a-test")
_SESSION = Session()
"""One for all: it keeps the models of the services that it has read."""


@dataclass(frozen=True)
class Wire:
    """A request on its way."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    def with_headers(self, **changes: str | None) -> Wire:
        """Some set, some (None) left out; an underscore stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})


def sent(
    service: str, call: Callable[[Any], object], key: tuple[str, str] = KEY, region: str = "eu-south-2", **config: Any
) -> Wire:
    """What boto3 puts on the wire for a call."""
    kept: list[Wire] = []

    def catch(request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        kept.append(Wire(request.method, request.url, headers | {"Host": urlsplit(request.url).netloc}, body))
        raw = io.BytesIO(b"{}")
        raw.stream = lambda **_: iter([b"{}"])  # type: ignore[attr-defined]
        return AWSResponse(request.url, 200, {}, raw)

    client = _SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=f"http://{HOST}",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}, **config),
    )
    client.meta.events.register("before-send", catch)
    with suppress(Exception):  # the answer above is none of this service's: only the request counts
        call(client)
    (wire,) = kept
    return wire


def presigned(operation: str, method: str = "GET", body: bytes = b"", seconds: int = 3600, **parameters: Any) -> Wire:
    client = _SESSION.create_client(
        "s3",
        region_name="eu-south-2",
        endpoint_url=f"http://{HOST}",
        aws_access_key_id=KEY[0],
        aws_secret_access_key=KEY[1],
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)
    return Wire(method, url, {"Host": HOST}, body)


@dataclass
class Behind:
    """The emulator's place: remembers what came through, and when it was written down."""

    came: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        self.came.append(f"{scope['method']} {scope['path']} {len(body)}")
        cors = [(b"Access-Control-Allow-Origin", b"*"), (b"x-kept", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": cors})
        await send({"type": "http.response.body", "body": b"through"})

    async def written(self, service: str) -> None:
        self.came.append(f"written {service}")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: str
    came: list[str]


def put(wire: Wire, services: tuple[str, ...], now: datetime | None = None) -> Answer:
    """What the door makes of it."""
    behind, parts, told = Behind(), urlsplit(wire.url), []
    door = Door(
        inner=behind,
        key=KEY,
        hosts=frozenset({HOST, "localhost:15123"}),
        services=services,
        journal=behind,
        now=lambda: now or datetime.now(UTC),
    )
    scope = {
        "type": "http",
        "method": wire.method,
        "path": unquote(parts.path) or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in wire.headers.items()],
    }
    halves = [wire.body[: len(wire.body) // 2], wire.body[len(wire.body) // 2 :]]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": halves.pop(0), "more_body": bool(halves)}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    asyncio.run(door(scope, receive, send))
    return Answer(told[0]["status"], dict(told[0]["headers"]), told[1]["body"].decode(), behind.came)
