"""The ASGI application before the emulator's own: it asks for the key, and answers when the change is on disk."""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from xml.sax.saxutils import escape

from local.door.services import belongs
from local.door.signature import HttpRequest, RequestRefusedError, Signed, check_signature, check_time, said

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
LARGEST = 256 * 1024**2
"""Bytes of a body: a bundle for Lambda is at most 250 MiB (Lambda quotas)."""
_CORS = b"access-control-"


class Journal(Protocol):
    """Where what a request changed is written down."""

    async def written(self, service: str) -> None:
        """Return when the service's state is on disk."""
        ...


@dataclass(frozen=True)
class Door:
    """Lets in what the tier's own programs send; everything else is answered here, as AWS would."""

    inner: Application
    key: tuple[str, str]
    """Access key id and secret."""
    hosts: frozenset[str]
    """What a client may call this place: a page under a name of its own (DNS rebinding) calls it otherwise."""
    services: tuple[str, ...]
    journal: Journal
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        try:
            signed = self._known(request, scope["path"])
            body = await _body(receive)
            check_signature(request, signed, body, self.key[1])
        except RequestRefusedError as refused:
            await _refuse(send, request, refused)
            return
        changes = _changes(request, body)

        async def told(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                if changes:
                    await self.journal.written(signed.service)
                message = {**message, "headers": _closed(message.get("headers", ()))}
            await send(message)

        await self.inner(scope, _again(body, receive), told)

    def _known(self, request: HttpRequest, path: str) -> Signed:
        """Everything that can be judged before the body is read, so that strangers cost nothing."""
        if "origin" in request.headers:
            raise RequestRefusedError("AccessDenied", "no page of a browser is answered here")
        if request.headers.get("host", "") not in self.hosts:
            raise RequestRefusedError(
                "AccessDenied", f"this is {min(self.hosts)}, and the request asks for another host"
            )
        signed = said(request)
        if not hmac.compare_digest(signed.key.encode(), self.key[0].encode()):
            raise RequestRefusedError(
                "InvalidClientTokenId", "the key is not this tier's: it stands in the tier's folder"
            )
        check_time(signed, self.now())
        if signed.service not in self.services:
            raise RequestRefusedError(
                "AccessDenied",
                "functions run here after `datatier up --runner lambda` only"
                if signed.service == "lambda"
                else f"the tier does not use {signed.service}: {', '.join(self.services)} are here",
            )
        if not belongs(signed.service, path):
            raise RequestRefusedError("AccessDenied", f"{path} is no path of {signed.service}")
        return signed


def _request(scope: Scope) -> HttpRequest:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
    )


async def _body(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST:
            raise RequestRefusedError("RequestEntityTooLarge", f"a body is at most {LARGEST} bytes here")
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes after it: the end of the connection."""
    first = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> dict[str, Any]:
        return first.pop() if first else await receive()

    return give


_LOOKS = ("Get", "List", "Describe", "Head", "Filter", "BatchGet", "Lookup")
"""How the operations begin that change nothing; what begins otherwise is taken for a change."""


def _changes(request: HttpRequest, body: bytes) -> bool:
    if request.method in ("GET", "HEAD"):
        return False
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if not operation and "/operation/" in request.path:
        operation = request.path.rpartition("/")[2]
    if not operation and b"Action=" in body:
        operation = body.partition(b"Action=")[2].partition(b"&")[0].decode("latin-1")
    return not operation.startswith(_LOOKS)


def _closed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without the emulator's word that every page may read its answers."""
    return [(name, value) for name, value in headers if not name.lower().startswith(_CORS)]


async def _refuse(send: Send, request: HttpRequest, refused: RequestRefusedError) -> None:
    """As AWS says it in the protocol of the request."""
    kind, body = refusal(request, refused)
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", refused.code.encode()),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def refusal(request: HttpRequest, refused: RequestRefusedError) -> tuple[str, bytes]:
    """Content type and body: AWS's query protocol and S3 speak XML, the others JSON."""
    said = f"<Code>{refused.code}</Code><Message>{escape(str(refused))}</Message>"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "text/xml", f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error></ErrorResponse>".encode()
    if "/s3/aws4_request" in request.headers.get("authorization", "") or "X-Amz-Signature=" in request.query:
        return "application/xml", f"<Error>{said}</Error>".encode()
    return "application/x-amz-json-1.1", json.dumps({"__type": refused.code, "message": str(refused)}).encode()
