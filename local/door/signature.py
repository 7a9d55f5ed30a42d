"""Whether a request was signed with the tier's key: AWS Signature Version 4, computed by botocore.

In a header, or in the query for a presigned URL (IAM User Guide, "Create a signed AWS API request"; Amazon S3 API
Reference, "Authenticating Requests: Using Query Parameters").
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=5)
"""How far a request's time may be from now: AWS's own limit against replay, in most cases (IAM User Guide, "AWS
Signature Version 4 for API requests", why requests are signed)."""
LONGEST = 7 * 24 * 3600
"""Seconds for which a presigned URL may hold (X-Amz-Expires in the S3 API Reference)."""
_HEADER = re.compile(rf"{ALGORITHM} Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{{64}})")
_SCOPE = re.compile(r"([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_UNSIGNED = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
"""What S3 takes in place of a body's hash; the other streaming forms sign each chunk, and boto3 sends none."""
_HASH = "x-amz-content-sha256"


class RequestRefusedError(Exception):
    """The request stays outside: AWS's code for it, and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class HttpRequest:
    """What came over the wire, the body aside."""

    method: str
    path: str
    """As sent, percent signs and all."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True)
class Signed:
    """What a request says of its own signature."""

    key: str
    date: str
    region: str
    service: str
    timestamp: str
    names: tuple[str, ...]
    """Headers that are signed."""
    signature: str
    presigned: bool
    seconds: int
    """How long it holds from its time on."""


def said(request: HttpRequest) -> Signed:
    """Read the signature's parts; raise RefusedError where there are none."""
    written = request.headers.get("authorization", "")
    found = _HEADER.fullmatch(written)
    if found:
        credential, names, signature = found.groups()
        timestamp, seconds = request.headers.get("x-amz-date", ""), int(SKEW.total_seconds())
    else:
        asked = _parameters(request.query)
        if written or asked.get("X-Amz-Algorithm") != ALGORITHM:
            raise RequestRefusedError(
                "MissingAuthenticationToken",
                "this emulator answers requests signed with the tier's key: take it from the file `credentials` in "
                "the tier's folder, and sign by AWS Signature Version 4 (boto3: signature_version='s3v4' to presign)",
            )
        credential, names = asked.get("X-Amz-Credential", ""), asked.get("X-Amz-SignedHeaders", "")
        signature, timestamp = asked.get("X-Amz-Signature", ""), asked.get("X-Amz-Date", "")
        expires = asked.get("X-Amz-Expires", "")
        seconds = int(expires) if re.fullmatch(r"\d{1,6}", expires) else LONGEST + 1
    scope = _SCOPE.fullmatch(credential)
    if scope is None:
        raise RequestRefusedError(
            "IncompleteSignature", "the credential of the signature is not KEY/DATE/REGION/SERVICE"
        )
    key, date, region, service = scope.groups()
    return Signed(key, date, region, service, timestamp, tuple(names.split(";")), signature, not found, seconds)


def check_time(signed: Signed, now: datetime) -> None:
    """Raise RefusedError for what was signed too long ago, or for a time to come."""
    try:
        at = datetime.strptime(signed.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RequestRefusedError("IncompleteSignature", "the request bears no X-Amz-Date") from None
    if signed.seconds > LONGEST:
        raise RequestRefusedError("AuthorizationQueryParametersError", f"X-Amz-Expires is 1 to {LONGEST} seconds")
    if not at - SKEW <= now <= at + timedelta(seconds=signed.seconds) or signed.date != signed.timestamp[:8]:
        raise RequestRefusedError(
            "RequestExpired", "the signature is too old, or of a time to come: sign the request anew"
        )


def check_signature(request: HttpRequest, signed: Signed, body: bytes, secret: str) -> None:
    """Raise RefusedError where body or signature is not what the key's owner signed."""
    missing = {"host"} - set(signed.names)
    # AWS asks for these too: what is not signed must not steer anything (S3 API Reference, "Signature Calculations").
    missing |= {name for name in request.headers if name.startswith("x-amz-")} - set(signed.names)
    absent = [name for name in signed.names if name not in request.headers]
    if missing or absent:
        raise RequestRefusedError(
            "IncompleteSignature", f"signed and sent headers differ: {', '.join([*missing, *absent])}"
        )
    expected = _expected(request, signed, _payload(request, signed, body), secret)
    if not hmac.compare_digest(expected.encode(), signed.signature.encode()):
        raise RequestRefusedError(
            "SignatureDoesNotMatch", "the signature is not the one of the tier's key for this request"
        )


def _payload(request: HttpRequest, signed: Signed, body: bytes) -> str:
    """The hash of the body, which the signature covers; or the word that S3 takes in its place."""
    made = hashlib.sha256(body).hexdigest()
    if signed.service != "s3":
        given = request.headers.get(_HASH, made)
    elif signed.presigned:
        given = request.headers.get(_HASH, "UNSIGNED-PAYLOAD")
    else:
        given = request.headers.get(_HASH, "")
    if signed.service == "s3" and given in _UNSIGNED:
        return given
    if not hmac.compare_digest(given.encode(), made.encode()):
        raise RequestRefusedError("XAmzContentSHA256Mismatch", "the body is not the one that was signed")
    return given


def _expected(request: HttpRequest, signed: Signed, payload: str, secret: str) -> str:
    query = "&".join(p for p in request.query.split("&") if not p.startswith("X-Amz-Signature="))
    url = f"http://{request.headers['host']}{request.path}" + (f"?{query}" if query else "")
    made = AWSRequest(request.method, url, headers={name: request.headers[name] for name in signed.names})
    made.context["timestamp"] = signed.timestamp
    kind = _S3 if signed.service == "s3" else _Other
    signer = kind(Credentials(signed.key, secret), signed.service, signed.region)
    signer.hash = payload
    return str(signer.signature(signer.string_to_sign(made, signer.canonical_request(made)), made))


class _Other(SigV4Auth):
    """botocore's signer, over the headers and the hash that the request names."""

    hash = ""

    def payload(self, _: Any) -> str:
        return self.hash


class _S3(S3SigV4Auth):
    hash = ""

    def payload(self, _: Any) -> str:
        return self.hash


def _parameters(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    if len({name for name, _ in pairs if name.startswith("X-Amz-")}) != sum(n.startswith("X-Amz-") for n, _ in pairs):
        raise RequestRefusedError("IncompleteSignature", "a parameter of the signature is given twice")
    return found
