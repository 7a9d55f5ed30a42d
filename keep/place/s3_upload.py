"""An object on its way to S3: in parts of bounded size, each with its SHA-256; broken off, nothing of it is left."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypedDict

from bootstrap.errors import BootstrapError
from keep.errors import KeepError
from keep.place.bucket import Bucket

SMALL, LARGE, MANY = 16 << 20, 20 << 20, 2000
"""Bytes of a part, those of each after the first `MANY`: small objects in small memory, and yet 187 GiB in S3's 10,000
parts (S3 User Guide, "Amazon S3 multipart upload limits"). Two are in memory: one fills while the other is sent. With
large ones a backup took 119 MiB in all, with some of 28 MiB 162."""
MOST = 10_000


class Part(TypedDict):
    """What S3 is told of a part when all are there."""

    PartNumber: int
    ETag: str
    ChecksumSHA256: str


class Upload:
    """Implements `Writer`; `finish` or `abort` ends it."""

    def __init__(self, bucket: Bucket, key: str, *, replace: bool) -> None:
        self._bucket, self._key = bucket, key
        self._condition = {} if replace else {"IfNoneMatch": "*"}
        self._held, self._size = bytearray(), 0
        self._id: str | None = None
        self._parts: list[Part] = []
        self._sending: Future[Part] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="s3-part")

    def write(self, data: bytes) -> None:
        """Take the next bytes, and send what fills a part."""
        self._size += len(data)
        rest = memoryview(data)
        while rest:
            if room := part_size(len(self._parts) + 1 + (self._sending is not None)) - len(self._held):
                self._held += rest[:room]
                rest = rest[room:]
            else:
                self._send()

    def finish(self) -> None:
        """Make an object of it."""
        try:
            if self._id is None:
                self._put()
            else:
                self._send()
                self._await()
                self._complete(self._id)
        finally:
            self._pool.shutdown()

    def abort(self) -> None:
        """Leave nothing of it; where even that fails, a later sweep finds it."""
        with suppress(BootstrapError):
            self._await()  # a part that is still on its way would survive (S3 API Reference, AbortMultipartUpload)
        self._pool.shutdown()
        if self._id is not None:
            with suppress(BootstrapError, KeyError):
                self._bucket.call("abort_multipart_upload", Key=self._key, UploadId=self._id)

    def _send(self) -> None:
        self._await()
        if self._id is None:
            made = self._bucket.call("create_multipart_upload", Key=self._key, ChecksumAlgorithm="SHA256")
            self._id = made["UploadId"]
        number = len(self._parts) + 1
        if number > MOST:
            raise KeepError(f"{self._key} is larger than an upload takes in {MOST} parts: back it up to a folder")
        self._sending = self._pool.submit(self._part, self._id, number, self._held)
        self._held = bytearray()

    def _part(self, upload: str, number: int, body: bytearray) -> Part:
        checksum = _sha256(body)
        try:
            sent = self._bucket.call(
                "upload_part", Key=self._key, UploadId=upload, PartNumber=number, Body=body, ChecksumSHA256=checksum
            )
        except KeyError:  # NoSuchUpload
            raise self._ended() from None
        return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum}

    def _await(self) -> None:
        sending, self._sending = self._sending, None
        if sending:
            self._parts.append(sending.result())

    def _complete(self, upload: str) -> None:
        try:
            self._bucket.call(
                "complete_multipart_upload",
                Key=self._key,
                UploadId=upload,
                MultipartUpload={"Parts": self._parts},
                **self._condition,
            )
        except KeyError:
            if not self._there_already():
                raise self._ended() from None
        except KeepError:
            if not self._there_already():
                raise

    def _put(self) -> None:
        body = bytes(self._held)
        try:
            self._bucket.call("put_object", Key=self._key, Body=body, ChecksumSHA256=_sha256(body), **self._condition)
        except KeepError:
            if not self._there_already():
                raise

    def _ended(self) -> KeepError:
        """By another run's sweep, or by the bucket's own rule a day after it began (`components.bucket`)."""
        return KeepError(f"s3://{self._bucket.name}: somebody has ended the upload of {self._key}: run it again")

    def _there_already(self) -> bool:
        """Say whether the object is there in our size.

        botocore repeats a request whose answer was lost, and the condition then refuses what was written by the first.
        Whether the content is ours is known when it is read back.
        """
        with suppress(KeepError, KeyError):
            return bool(
                self._condition and self._bucket.call("head_object", Key=self._key)["ContentLength"] == self._size
            )
        return False


def part_size(number: int) -> int:
    """Bytes of the part of that number, from 1."""
    return SMALL if number <= MANY else LARGE


def _sha256(body: bytes | bytearray) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
