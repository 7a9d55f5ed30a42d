"""S3: what is asked of it for each part, what it refuses, and connections that do not last."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    FlexibleChecksumError,
    NoCredentialsError,
    ResponseStreamingError,
    UnauthorizedSSOTokenError,
)
from small_backups import manifest, put, sources

from bootstrap.aws import aws_client
from bootstrap.manifest import ObjectLock
from keep.backup.create import PartlyError, create
from keep.backup.listing import ids
from keep.backup.prune import plan
from keep.backup.retention import Rule
from keep.backup.verify import verify
from keep.errors import AskedError, DamagedError, KeepError
from keep.place import s3_errors, s3_upload
from keep.place.bucket import Account, Bucket
from keep.place.choose import place_at
from keep.place.place import Place
from keep.place.s3_upload import LARGE, MANY, MOST, SMALL, part_size

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_upload, "SMALL", 5 * MIB)


@pytest.fixture
def client(s3_account: Account) -> Any:
    return aws_client("s3", s3_account.region, s3_account.endpoint)


@contextmanager
def heard(client: Any, event: str, act: Callable[..., object]) -> Iterator[None]:
    """`act` at each event of botocore's; what it returns stands in for the answer."""
    client.meta.events.register(event, act)
    try:
        yield
    finally:
        client.meta.events.unregister(event, act)


def upload(place: Place, mebibytes: int) -> None:
    with place.write("a/one") as out:
        for number in range(mebibytes):
            out.write(bytes([number]) * MIB)


@pytest.mark.server
def test_each_part_is_sent_with_its_hash_and_no_two_make_one_object(s3_place: Place, client: Any) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    with heard(client, "provide-client-params.s3", lambda params, model, **_: asked.append((model.name, {**params}))):
        upload(s3_place, 12)
    sizes = [5, 5, 2]
    whole = b"".join(bytes([number]) * MIB for number in range(12))
    parts = [whole[: 5 * MIB], whole[5 * MIB : 10 * MIB], whole[10 * MIB :]]
    hashes = [base64.b64encode(hashlib.sha256(part).digest()).decode() for part in parts]
    assert asked[0][1]["ChecksumAlgorithm"] == "SHA256"
    sent = [params for name, params in asked if name == "UploadPart"]
    assert [(each["PartNumber"], len(each["Body"]), each["ChecksumSHA256"]) for each in sent] == [
        (number + 1, sizes[number] * MIB, hashes[number]) for number in range(3)
    ]
    name, last = asked[-1]
    assert (name, last["IfNoneMatch"]) == ("CompleteMultipartUpload", "*")
    assert [each["ChecksumSHA256"] for each in last["MultipartUpload"]["Parts"]] == hashes


@pytest.mark.server
def test_a_bucket_whose_owner_is_known_is_no_other_ones(
    s3_account: Account, make_bucket: Callable[[], str], client: Any
) -> None:
    """Each request names the owner: S3 refuses it where another account has the bucket."""
    owned = Account(region=s3_account.region, endpoint=s3_account.endpoint, owner="000000000000")
    place = place_at(f"s3://{make_bucket()}", owned)
    owners: list[object] = []
    with heard(
        client, "provide-client-params.s3", lambda params, **_: owners.append(params.get("ExpectedBucketOwner"))
    ):
        upload(place, 6)
        list(place.found())
        place.locked("a/one")
        place.sweep(datetime.now(UTC))
        with place.read("a/one") as source:
            source.read(1)
        place.remove("a/one")
    assert len(owners) == 9
    assert set(owners) == {"000000000000"}


@pytest.mark.server
@pytest.mark.parametrize("part", [1, 2])
def test_a_part_that_is_refused_ends_the_upload(part: int, s3_place: Place, client: Any) -> None:
    count = iter(range(1, 9))

    def refuse(**_: object) -> None:
        if next(count) == part:
            raise EndpointConnectionError(endpoint_url="https://s3.example.org")

    with heard(client, "before-call.s3.UploadPart", refuse), pytest.raises(KeepError, match="cannot be reached"):
        upload(s3_place, 12)
    assert (list(s3_place.found()), list(s3_place.unfinished())) == ([], [])


@pytest.mark.server
def test_an_upload_that_somebody_else_ends_is_said(s3_place: Place, client: Any) -> None:
    """The bucket's own rule ends one a day after it began, be it still on its way."""

    def end(params: dict[str, Any], **_: object) -> None:
        client.abort_multipart_upload(**{name: params[name] for name in ("Bucket", "Key", "UploadId")})

    said = "somebody has ended the upload of kept/a/one: run it again"
    with heard(client, "provide-client-params.s3.UploadPart", end), pytest.raises(KeepError, match=said):
        upload(s3_place, 12)
    assert (list(s3_place.found()), list(s3_place.unfinished())) == ([], [])


@pytest.mark.server
def test_an_upload_whose_end_cannot_be_told_is_found_later(s3_place: Place, client: Any) -> None:
    """Neither its end nor its breaking off reaches S3: the next run sweeps it."""

    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example.org")

    with (
        heard(client, "before-call.s3.CompleteMultipartUpload", refuse),
        heard(client, "before-call.s3.AbortMultipartUpload", refuse),
        pytest.raises(KeepError, match="cannot be reached"),
    ):
        upload(s3_place, 6)
    assert [found.key for found in s3_place.unfinished()] == ["a/one"]
    assert s3_place.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert list(s3_place.unfinished()) == []


@pytest.mark.server
@pytest.mark.parametrize("operation", ["ListObjectsV2", "PutObject", "GetObject"])
def test_credentials_that_expire_in_a_backup_leave_the_second_copy(
    operation: str, s3_place: Place, client: Any, tmp_path: Path
) -> None:
    def expired(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, operation)

    second = place_at(str(tmp_path / "second"))
    with heard(client, f"before-call.s3.{operation}", expired), pytest.raises(PartlyError) as raised:
        create(sources(), s3_place, second)
    assert str(raised.value).endswith(
        f"{s3_place.address.removesuffix('/kept')}: the credentials have expired: log in again (`aws sso login`), "
        "or set AWS_PROFILE"
    )
    assert ids(second) == [raised.value.made.id]
    assert ids(s3_place) == []
    assert list(s3_place.unfinished()) == []


@pytest.mark.server
@pytest.mark.parametrize(("mebibytes", "operation"), [(1, "PutObject"), (6, "CompleteMultipartUpload")])
def test_an_answer_that_is_lost_is_no_second_writer(
    mebibytes: int, operation: str, s3_place: Place, client: Any
) -> None:
    """botocore repeats the request, and S3 refuses it: the object is there, written by the first one."""
    lost: list[bool] = []

    def lose(**_: object) -> int | None:
        lost.append(True)
        return 0 if len(lost) == 1 else None  # seconds to wait, and once more

    with heard(client, f"needs-retry.s3.{operation}", lose):
        upload(s3_place, mebibytes)
    assert len(lost) > 1
    assert [(found.key, found.size) for found in s3_place.found()] == [("a/one", mebibytes * MIB)]


@pytest.mark.server
def test_a_connection_that_breaks_is_gone_on_with(s3_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.response import StreamingBody

    upload(s3_place, 3)
    read, broken = StreamingBody.read, iter([False, True, True, False, True, *[False] * 99])

    def breaking(self: StreamingBody, amt: int | None = None) -> bytes:
        if next(broken):
            raise ResponseStreamingError(error="Connection broken")
        return bytes(read(self, amt))

    monkeypatch.setattr(StreamingBody, "read", breaking)
    with s3_place.read("a/one") as source:
        assert source.read() == b"".join(bytes([number]) * MIB for number in range(3))


@pytest.mark.server
def test_a_connection_that_only_breaks_is_given_up(s3_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.response import StreamingBody

    upload(s3_place, 1)

    def breaking(*_: object, **__: object) -> bytes:
        raise ResponseStreamingError(error="Connection broken")

    monkeypatch.setattr(StreamingBody, "read", breaking)
    with s3_place.read("a/one") as source, pytest.raises(KeepError, match=r"cannot be reached.*Connection broken"):
        source.read()


@pytest.mark.server
def test_of_an_object_that_changes_no_second_half_is_read(s3_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.response import StreamingBody

    upload(s3_place, 3)
    read, first = StreamingBody.read, iter([True, False])

    def breaking(self: StreamingBody, amt: int | None = None) -> bytes:
        if next(first):
            return bytes(read(self, amt))
        with s3_place.write("a/one", replace=True) as out:
            out.write(bytes(3 * MIB))
        raise ResponseStreamingError(error="Connection broken")

    monkeypatch.setattr(StreamingBody, "read", breaking)
    with s3_place.read("a/one") as source:
        assert source.read(MIB) == bytes(MIB)
        with pytest.raises(KeepError, match="another object has been written in its place"):
            source.read(MIB)


@pytest.mark.server
def test_what_a_lock_holds_is_said(s3_account: Account, client: Any) -> None:
    name = "books-locked"
    client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": s3_account.region},
    )
    place = place_at(f"s3://{name}/kept", s3_account)
    for key in ("held", "until", "over", "free"):
        with place.write(f"a/{key}") as out:
            out.write(b"1")
    client.put_object_legal_hold(Bucket=name, Key="kept/a/held", LegalHold={"Status": "ON"})
    until = datetime(2999, 1, 2, 3, 4, tzinfo=UTC)
    client.put_object_retention(
        Bucket=name, Key="kept/a/until", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}
    )
    assert {key: place.locked(f"a/{key}") for key in ("held", "until", "free", "nothing")} == {
        "held": "under a legal hold",
        "until": "locked until 2999-01-02 03:04 UTC",
        "free": None,
        "nothing": None,
    }


@pytest.mark.server
def test_a_whole_backup_is_locked_as_the_stack_says(s3_account: Account, client: Any) -> None:
    name = "books-kept"
    client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": s3_account.region},
    )
    account = replace(s3_account, lock=ObjectLock(mode="GOVERNANCE", days=9))
    place = place_at(f"s3://{name}/kept", account)
    made = create(sources(), place)
    until = datetime.now(UTC) + timedelta(days=9)
    for found in place.found():
        kept = client.get_object_retention(Bucket=name, Key=f"kept/{found.key}")["Retention"]
        assert kept["Mode"] == "GOVERNANCE"
        assert abs(kept["RetainUntilDate"] - until) < timedelta(minutes=5)
    planned = plan(place, datetime.now(UTC) + timedelta(days=400), Rule())
    assert [each.reason for each in planned.decisions] == ["the newest"]
    old = put(place, manifest(99, now=until))
    put(place, manifest(98, now=until))
    place.lock(f"{old.id}/MANIFEST.json")
    decision = plan(place, datetime.now(UTC), Rule()).decisions[0]
    assert (decision.id, decision.keep, decision.reason.partition(" 20")[0]) == (old.id, True, "locked until")
    assert verify(place, made.id).ok, "what is verified is written beside it all the same"


@pytest.mark.server
def test_a_bucket_without_locks_is_said(s3_account: Account, make_bucket: Callable[[], str]) -> None:
    account = replace(s3_account, lock=ObjectLock(mode="GOVERNANCE", days=9))
    place = place_at(f"s3://{make_bucket()}/kept", account)
    with pytest.raises(PartlyError, match=r"it is whole in s3://books-.*, and not locked there: "):
        create(sources(), place)
    assert len(ids(place)) == 1


def test_parts_have_bounded_size_and_number() -> None:
    sizes = {number: part_size(number) for number in (1, MANY, MANY + 1, MOST)}
    assert sizes == {1: 5 * MIB, MANY: 5 * MIB, MANY + 1: LARGE, MOST: LARGE}
    assert (MANY * SMALL + (MOST - MANY) * LARGE) >> 30 == 187
    assert 2 * LARGE < 50 * MIB


def test_an_upload_of_too_many_parts_is_refused_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    class Store(Bucket):
        def __init__(self) -> None:
            self.name = "books"

        def call(self, operation: str, **_: object) -> dict[str, Any]:
            return {"create_multipart_upload": {"UploadId": "u"}, "upload_part": {"ETag": "e"}}[operation]

    monkeypatch.setattr(s3_upload, "SMALL", 1)
    monkeypatch.setattr(s3_upload, "MOST", 3)
    made = s3_upload.Upload(Store(), "a/one", replace=False)
    with pytest.raises(KeepError, match="a/one is larger than an upload takes in 3 parts: back it up to a folder"):
        made.write(b"12345")


WRONG, FAILED, GONE = AskedError, KeepError, KeyError
DENIED = "User: arn:aws:iam::1:role/x is not authorized to perform: s3:PutObject on resource: y"
REFUSED = [
    ("NoSuchBucket", "The bucket does not exist", WRONG, "there is no such bucket: correct the address"),
    ("PermanentRedirect", "elsewhere", WRONG, "in another region: set AWS_REGION"),
    ("AccessDenied", DENIED, FAILED, r"refuses s3:PutObject \(User: .*: allow it to the role"),
    (
        "AccessDenied",
        "not authorized to perform: kms:GenerateDataKey",
        FAILED,
        "allow the role to use the bucket's KMS key",
    ),
    ("403", "Forbidden", FAILED, r"refuses s3:PutObject \(Forbidden\)"),
    ("ExpiredToken", "The token has expired", FAILED, "the credentials have expired: log in again"),
    ("InvalidAccessKeyId", "x", FAILED, "AWS does not know the credentials: log in again"),
    ("SignatureDoesNotMatch", "x", FAILED, "the secret does not belong to the access key"),
    ("RequestTimeTooSkewed", "x", FAILED, "this computer's clock is wrong"),
    ("SlowDown", "Please reduce your request rate.", FAILED, "S3 is busy: run it again"),
    ("KMS.DisabledException", "x", FAILED, "KMS key is disabled: enable it"),
    ("KMS.KMSInvalidStateException", "x", FAILED, "waiting to be deleted"),
    ("BadDigest", "x", FAILED, "arrived damaged: run it again"),
    ("PreconditionFailed", "x", FAILED, "there is such an object already"),
    ("Novelty", "Something  new\nof S3's.", FAILED, "Novelty, Something new of S3's$"),
    ("NoSuchKey", "x", GONE, "books"),
    ("NoSuchUpload", "x", GONE, "books"),
]


@pytest.mark.parametrize(
    ("code", "message", "kind", "said"), REFUSED, ids=[f"{each[0]}-{number}" for number, each in enumerate(REFUSED)]
)
def test_what_s3_refuses_is_said(code: str, message: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said) as raised, s3_errors.explained("books", "put_object"):
        raise ClientError({"Error": {"Code": code, "Message": message}}, "PutObject")
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (NoCredentialsError(), KeepError, "no AWS credentials are here: log in"),
        (UnauthorizedSSOTokenError(), KeepError, "the credentials have expired: log in again"),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            KeepError,
            "cannot be reached: .*https://x.*; run it again",
        ),
        (FlexibleChecksumError(error_msg="no"), DamagedError, "does not have the checksum that S3 keeps"),
    ],
)
def test_a_connection_that_is_not_made_is_said(error: Exception, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said), s3_errors.explained("books", "put_object"):
        raise error


def test_every_operation_is_known_by_the_right_it_needs() -> None:
    """Of each call in the room: an operation without its action could not be explained when it is refused."""
    room = Path(s3_errors.__file__).parent
    called = {
        name
        for path in room.glob("*.py")
        for name in re.findall(r'\b(?:call|pages)\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert called == set(s3_errors.ACTIONS)
