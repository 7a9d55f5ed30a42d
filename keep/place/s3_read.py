"""An object of S3, read from its beginning; where the connection breaks, reading goes on at the byte that is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keep.place.bucket import Bucket
from keep.place.s3_errors import broken

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_ATTEMPTS = 4
"""How often in a row without a byte. botocore repeats requests, but not what it reads of an answer (boto3, 4111)."""
_PIECE = 1 << 20


class Body:
    """Implements `Reader`. Raise KeyError where there is no such object."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket, self._key = bucket, key
        found = bucket.call("get_object", Key=key)
        self._stream: StreamingBody = found["Body"]
        self._at, self._end, self._etag = 0, int(found["ContentLength"]), str(found["ETag"])

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        from botocore.exceptions import HTTPClientError, IncompleteReadError

        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        failed = 0
        while self._at < self._end:
            try:
                with self._bucket.explained("get_object", letting=(HTTPClientError, IncompleteReadError)):
                    found = self._stream.read(size)
            except (HTTPClientError, IncompleteReadError) as error:
                failed += 1
                if failed == _ATTEMPTS:
                    raise broken(self._bucket.name, error) from None
                self._again()
            else:
                self._at += len(found)
                return bytes(found)
        return b""

    def close(self) -> None:
        """Let the connection go."""
        self._stream.close()

    def _again(self) -> None:
        """Of the very same object: another one's second half is not what comes after this one's first."""
        self.close()
        found = self._bucket.call("get_object", Key=self._key, Range=f"bytes={self._at}-", IfMatch=self._etag)
        self._stream = found["Body"]
