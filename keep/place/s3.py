"""A prefix of a bucket as a place for backups: S3's, or that of the emulator that stands in for it.

Objects are encrypted as the bucket says, which for a stack's is the stack's own key (`components.bucket`, whose policy
refuses any other): a header that asks for a key would only be one more thing that can differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from keep.place.bucket import Bucket
from keep.place.place import Found, Reader, Writer
from keep.place.s3_read import Body
from keep.place.s3_upload import Upload


class S3Place:
    """Implements `Place`."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        """`prefix` ends in `/`, or is empty: the whole bucket."""
        self._bucket, self._prefix = bucket, prefix

    @property
    def address(self) -> str:
        return f"s3://{self._bucket.name}/{self._prefix}".rstrip("/")

    @contextmanager
    def write(self, key: str, *, replace: bool = False) -> Iterator[Writer]:
        upload = Upload(self._bucket, self._prefix + key, replace=replace)
        try:
            yield upload
            upload.finish()
        except BaseException:
            upload.abort()
            raise

    @contextmanager
    def read(self, key: str) -> Iterator[Reader]:
        body = Body(self._bucket, self._prefix + key)
        try:
            yield body
        finally:
            body.close()

    def found(self, prefix: str = "") -> Iterator[Found]:
        for page in self._bucket.pages("list_objects_v2", Prefix=self._prefix + prefix):
            for each in page.get("Contents", ()):
                if not each["Key"].endswith("/"):  # what the console makes for a folder
                    key = each["Key"].removeprefix(self._prefix)
                    yield Found(key=key, size=each["Size"], modified=each["LastModified"].astimezone(UTC))

    def lock(self, key: str) -> None:
        if lock := self._bucket.lock:
            until = datetime.now(UTC) + timedelta(days=lock.days)
            retention = {"Mode": lock.mode, "RetainUntilDate": until}
            self._bucket.call("put_object_retention", Key=self._prefix + key, Retention=retention)

    def locked(self, key: str) -> str | None:
        """Object lock: a removal would hide the object and keep what it holds (S3 User Guide, "Object Lock")."""
        try:
            found = self._bucket.call("head_object", Key=self._prefix + key)
        except KeyError:
            return None
        if found.get("ObjectLockLegalHoldStatus") == "ON":
            return "under a legal hold"
        until = found.get("ObjectLockRetainUntilDate")
        return f"locked until {until:%Y-%m-%d %H:%M} UTC" if until and until > datetime.now(UTC) else None

    def remove(self, key: str) -> None:
        self._bucket.call("delete_object", Key=self._prefix + key)

    def unfinished(self) -> Iterator[Found]:
        for key, _, heard in self._uploads():
            yield Found(key=key.removeprefix(self._prefix), size=0, modified=heard)

    def sweep(self, before: datetime) -> int:
        """A killed run's parts are paid for and listed nowhere (S3 User Guide, "Aborting a multipart upload")."""
        old = [(key, upload) for key, upload, heard in self._uploads() if heard < before]
        for key, upload in old:
            with suppress(KeyError):  # ended meanwhile
                self._bucket.call("abort_multipart_upload", Key=key, UploadId=upload)
        return len(old)

    def _uploads(self) -> Iterator[tuple[str, str, datetime]]:
        """Uploads under the prefix: key, id, and when the last of its parts came."""
        pages = self._bucket.pages("list_multipart_uploads", Prefix=self._prefix)
        for each in [each for page in pages for each in page.get("Uploads", ())]:
            times = [each["Initiated"]]
            with suppress(KeyError):
                for page in self._bucket.pages("list_parts", Key=each["Key"], UploadId=each["UploadId"]):
                    times += [part["LastModified"] for part in page.get("Parts", ())]
            yield each["Key"], each["UploadId"], max(times).astimezone(UTC)
