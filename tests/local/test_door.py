"""The door before the AWS emulator: what boto3 signs with the tier's key comes in, everything else is refused."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from door_requests import HOST, KEY, Behind, Wire, presigned, put, sent

from local.door.app import Door
from local.door.services import SERVICES, belongs, served

ALL = served(functions=True)
PLAIN = served(functions=False)


def secret(key: tuple[str, str] = KEY) -> Wire:
    return sent("secretsmanager", lambda c: c.put_secret_value(SecretId="shop/app", SecretString="s3cr3t"), key)


def stored(body: Any = b"body", **more: Any) -> Wire:
    return sent("s3", lambda c: c.put_object(Bucket="shop-audit", Key="a b/ü%20+&=;:@x", Body=body, **more))


COMES_IN: dict[str, tuple[Callable[[], Wire], bool]] = {
    "a secret read": (lambda: sent("secretsmanager", lambda c: c.get_secret_value(SecretId="shop/app")), False),
    "a secret written": (secret, True),
    "a key": (lambda: sent("kms", lambda c: c.create_key()), True),
    "a message": (lambda: sent("sns", lambda c: c.publish(TopicArn="arn:t", Message="+ &=é")), True),
    "topics": (lambda: sent("sns", lambda c: c.list_topics()), False),
    "a queue": (lambda: sent("sqs", lambda c: c.create_queue(QueueName="q")), True),
    "an alarm": (
        lambda: sent("cloudwatch", lambda c: c.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")),
        True,
    ),
    "alarms": (lambda: sent("cloudwatch", lambda c: c.describe_alarms()), False),
    "a log group": (lambda: sent("logs", lambda c: c.create_log_group(logGroupName="/a")), True),
    "a cache user": (lambda: sent("elasticache", lambda c: c.delete_user(UserId="u")), True),
    "cache users": (lambda: sent("elasticache", lambda c: c.describe_users(UserId="u")), False),
    "a vault": (lambda: sent("backup", lambda c: c.create_backup_vault(BackupVaultName="v")), True),
    "plans": (lambda: sent("backup", lambda c: c.list_backup_plans(NextToken="a b+/=")), False),
    "a function": (lambda: sent("lambda", lambda c: c.invoke(FunctionName="f:check", Payload=b"{}")), True),
    "an object": (stored, True),
    "an object from a stream": (lambda: stored(io.BytesIO(b"x" * 100_000)), True),
    "an empty object": (lambda: stored(b""), True),
    "an object with metadata": (lambda: stored(Metadata={"a": "  two  blanks "}), True),
    "a listing": (
        lambda: sent("s3", lambda c: c.list_objects_v2(Bucket="shop-audit", Prefix="a b/+", MaxKeys=1)),
        False,
    ),
    "an unsigned payload": (
        lambda: sent(
            "s3",
            lambda c: c.put_object(Bucket="shop-audit", Key="k", Body=b"b"),
            s3={"payload_signing_enabled": False},
        ),
        True,
    ),
    "a presigned read": (lambda: presigned("get_object", Bucket="shop-audit", Key="a b/ü%20+x"), False),
    "a presigned write": (lambda: presigned("put_object", "PUT", b"new", Bucket="shop-audit", Key="k"), True),
}
"""What -> the request, and whether it is answered only when it is on disk."""


@pytest.mark.parametrize("name", COMES_IN)
def test_what_boto3_signs_with_the_tiers_key_comes_in(name: str) -> None:
    make, changes = COMES_IN[name]
    wire = make()
    answer = put(wire, ALL)
    assert (answer.status, answer.body) == (200, "through"), answer.body
    path = unquote(urlsplit(wire.url).path) or "/"
    came, *written = answer.came
    assert came == f"{wire.method} {path} {len(wire.body)}"
    assert [line.partition(" ")[0] for line in written] == (["written"] if changes else [])
    # The emulator lets every page read its answers; the door does not.
    assert answer.headers == {b"x-kept": b"1"}


def other_body(wire: Wire) -> Wire:
    return Wire(wire.method, wire.url, wire.headers, wire.body.replace(b"s3cr3t", b"forged"))


def turned(wire: Wire, pattern: str, to: str) -> Wire:
    """With a part of the Authorization header, or of the presigned URL, changed."""
    headers = {
        name: re.sub(pattern, to, value) if name == "Authorization" else value for name, value in wire.headers.items()
    }
    return Wire(wire.method, re.sub(pattern, to, wire.url), headers, wire.body)


def to_path(path: str, service: str = "s3", method: str = "GET") -> Wire:
    """Signed with the tier's key, for a path of anybody's choice."""
    request = AWSRequest(method, f"http://{HOST}{path}", data=b"")
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(*KEY), service, "eu-south-2").add_auth(request)
    return Wire(method, request.url, dict(request.headers.items()) | {"Host": HOST})


REFUSED: dict[str, tuple[Callable[[], Wire], str]] = {
    "nothing signed": (lambda: Wire("POST", f"http://{HOST}/", {"Host": HOST}), "MissingAuthenticationToken"),
    "no signature": (lambda: secret().with_headers(authorization=None), "MissingAuthenticationToken"),
    "another scheme": (lambda: secret().with_headers(authorization="Basic YTpi"), "MissingAuthenticationToken"),
    "version 2": (
        lambda: Wire(
            "GET", f"http://{HOST}/abc/k?AWSAccessKeyId={KEY[0]}&Signature=x&Expires=9999999999", {"Host": HOST}
        ),
        "MissingAuthenticationToken",
    ),
    "what every emulator takes": (lambda: secret(("test", "test")), "InvalidClientTokenId"),
    "an account for a key": (lambda: secret(("000000000000", KEY[1])), "InvalidClientTokenId"),
    "the key's beginning": (lambda: secret((KEY[0][:-1], KEY[1])), "InvalidClientTokenId"),
    "another secret": (lambda: secret((KEY[0], "guessed")), "SignatureDoesNotMatch"),
    "a signature of zeros": (
        lambda: turned(secret(), "Signature=.*", "Signature=" + "0" * 64),
        "SignatureDoesNotMatch",
    ),
    "an empty signature": (lambda: turned(secret(), "Signature=.*", "Signature="), "MissingAuthenticationToken"),
    "another body": (lambda: other_body(secret()), "SignatureDoesNotMatch"),
    "another body of an object": (
        lambda: Wire(*list(vars(stored()).values())[:3], b"evil"),
        "XAmzContentSHA256Mismatch",
    ),
    "another operation": (
        lambda: secret().with_headers(x_amz_target="secretsmanager.DeleteSecret"),
        "SignatureDoesNotMatch",
    ),
    "an operation that is not signed": (
        lambda: sent("sns", lambda c: c.list_topics()).with_headers(x_amz_target="DynamoDB_20120810.ListTables"),
        "IncompleteSignature",
    ),
    "an unsigned payload where S3 is not": (
        lambda: sent("kms", lambda c: c.create_key()).with_headers(x_amz_content_sha256="UNSIGNED-PAYLOAD"),
        "IncompleteSignature",
    ),
    "another path": (lambda: turned(stored(), "shop-audit", "shop-other"), "SignatureDoesNotMatch"),
    "a signature that is no text": (
        lambda: turned(presigned("get_object", Bucket="abc", Key="k"), "Signature=.*", "Signature=%C3%BC%00"),
        "SignatureDoesNotMatch",
    ),
    "another query": (
        lambda: turned(presigned("get_object", Bucket="abc", Key="k"), "X-Amz-Expires=3600", "X-Amz-Expires=3601"),
        "SignatureDoesNotMatch",
    ),
    "one more parameter": (
        lambda: turned(presigned("get_object", Bucket="abc", Key="k"), "$", "&versionId=1"),
        "SignatureDoesNotMatch",
    ),
    "a parameter twice": (
        lambda: turned(presigned("get_object", Bucket="abc", Key="k"), "$", "&X-Amz-Date=20990101T000000Z"),
        "IncompleteSignature",
    ),
    "a presigned write as a delete": (
        lambda: Wire("DELETE", presigned("put_object", Bucket="abc", Key="k").url, {"Host": HOST}),
        "SignatureDoesNotMatch",
    ),
    "a presigned URL for ever": (
        lambda: turned(presigned("get_object", Bucket="abc", Key="k"), "Expires=3600", "Expires=99999999"),
        "AuthorizationQueryParametersError",
    ),
    "a page of a browser": (lambda: secret().with_headers(origin="http://localhost:3000"), "AccessDenied"),
    "a page without a name": (lambda: secret().with_headers(origin="null"), "AccessDenied"),
    "a preflight": (
        lambda: Wire("OPTIONS", f"http://{HOST}/", {"Host": HOST, "Access-Control-Request-Method": "POST"}),
        "MissingAuthenticationToken",
    ),
    "another host": (lambda: secret().with_headers(host="evil.example:15123"), "AccessDenied"),
    "this host by another port": (lambda: secret().with_headers(host="127.0.0.1:80"), "AccessDenied"),
    "a host that begins like this one": (lambda: secret().with_headers(host=f"{HOST}.evil.example"), "AccessDenied"),
    "no host": (lambda: secret().with_headers(host=None), "AccessDenied"),
    "a bucket's host": (lambda: secret().with_headers(host=f"shop.{HOST}"), "AccessDenied"),
    "a service not in use": (lambda: sent("dynamodb", lambda c: c.list_tables()), "AccessDenied"),
    "IAM": (lambda: sent("iam", lambda c: c.list_users()), "AccessDenied"),
    "CloudFormation": (lambda: sent("cloudformation", lambda c: c.list_stacks()), "AccessDenied"),
    "a service of no name": (lambda: turned(secret(), "/secretsmanager/", "//"), "IncompleteSignature"),
    "a function without the runner": (lambda: sent("lambda", lambda c: c.list_functions()), "AccessDenied"),
    "a function as a bucket": (lambda: to_path("/_aws/lambda-url/a/"), "AccessDenied"),
    "the emulator's reset": (lambda: to_path("/_ministack/reset", method="POST"), "AccessDenied"),
    "the emulator's reset in disguise": (lambda: to_path("/%5Fministack/reset", method="POST"), "AccessDenied"),
    "the emulator's settings": (lambda: to_path("/_ministack/config", "kms", "POST"), "AccessDenied"),
    "the emulator's health": (lambda: to_path("/_localstack/health", "secretsmanager"), "AccessDenied"),
    "a function's code": (lambda: to_path("/_ministack/lambda-code/f"), "AccessDenied"),
    "the RDS data API": (lambda: to_path("/Execute", "secretsmanager", "POST"), "AccessDenied"),
    "e-mail": (lambda: to_path("/v2/email/identities", "kms"), "AccessDenied"),
    "an image registry": (lambda: to_path("/v2/a/blobs/x"), "AccessDenied"),
    "instance metadata": (
        lambda: Wire("GET", f"http://{HOST}/latest/meta-data/", {"Host": HOST}),
        "MissingAuthenticationToken",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused_before_the_emulator_sees_it(name: str) -> None:
    make, code = REFUSED[name]
    answer = put(make(), PLAIN)
    assert (answer.status, answer.headers[b"x-amzn-errortype"].decode()) == (403, code), answer.body
    assert answer.came == []
    assert code in answer.body
    assert not [value for value in KEY if value in answer.body]


@pytest.mark.parametrize(
    ("wire", "apart", "comes_in"),
    [
        (secret, timedelta(minutes=4), True),
        (secret, timedelta(minutes=6), False),
        (secret, timedelta(minutes=-4), True),
        (secret, timedelta(minutes=-6), False),
        (secret, timedelta(days=365), False),
        (lambda: presigned("get_object", seconds=60, Bucket="abc", Key="k"), timedelta(seconds=50), True),
        (lambda: presigned("get_object", seconds=60, Bucket="abc", Key="k"), timedelta(seconds=70), False),
        (lambda: presigned("get_object", seconds=60, Bucket="abc", Key="k"), timedelta(minutes=-6), False),
    ],
)
def test_a_signature_holds_for_minutes(wire: Callable[[], Wire], apart: timedelta, comes_in: bool) -> None:
    answer = put(wire(), PLAIN, datetime.now(UTC) + apart)
    assert answer.status == (200 if comes_in else 403)
    assert comes_in or "RequestExpired" in answer.body


def test_a_stranger_is_refused_before_the_body_is_read() -> None:
    wire = secret(("test", "test"))
    assert put(Wire(wire.method, wire.url, wire.headers, b"x" * 1000), PLAIN).came == []


def test_functions_are_a_service_of_the_lambda_runner_alone() -> None:
    assert set(SERVICES) - set(PLAIN) == {"lambda"}
    assert "datatier up --runner lambda" in put(sent("lambda", lambda c: c.list_functions()), PLAIN).body


@pytest.mark.parametrize(
    ("service", "path", "expected"),
    [
        ("s3", "/", True),
        ("s3", "/abc", True),
        ("s3", "/shop.audit-1/a//b/_x", True),
        ("s3", "/ab", False),
        ("s3", "//_ministack/reset", False),
        ("s3", "/_ministack/health", False),
        ("s3", "/abc\n/_ministack", False),
        ("kms", "/", True),
        ("kms", "/x", False),
        ("lambda", "/2015-03-31/functions/f/invocations", True),
        ("lambda", "/_aws/lambda-url/x", False),
        ("monitoring", "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm", True),
        ("backup", "/backup-vaults/v", True),
        ("backup", "/backups", False),
    ],
)
def test_a_service_has_its_own_paths(service: str, path: str, expected: bool) -> None:
    assert belongs(service, path) is expected


@pytest.mark.parametrize(
    ("wire", "begins"),
    [
        (lambda: secret(("no", "no")), '{"__type": "InvalidClientTokenId"'),
        (lambda: sent("elasticache", lambda c: c.describe_users(), ("no", "no")), "<ErrorResponse><Error><Type>"),
        (lambda: sent("s3", lambda c: c.list_buckets(), ("no", "no")), "<Error><Code>InvalidClientTokenId"),
    ],
)
def test_a_refusal_is_in_the_protocol_of_the_request(wire: Callable[[], Wire], begins: str) -> None:
    assert put(wire(), PLAIN).body.startswith(begins)


def test_a_websocket_is_closed() -> None:
    behind, told = Behind(), []
    door = Door(behind, KEY, frozenset({HOST}), PLAIN, behind)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    asyncio.run(door({"type": "websocket", "headers": [], "path": "/"}, receive, send))
    assert (told, behind.came) == ([{"type": "websocket.close", "code": 1008}], [])
