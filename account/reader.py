"""The one door to AWS: it lets nothing through but calls that read settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

READS = ("describe_", "list_", "get_")
# They read, and what they read is data.
NEVER = ("get_secret_value", "get_object", "get_log_events", "get_parameter", "get_authorization_token")


class NotReadableError(Exception):
    """AWS did not answer; the message says why, in its own code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """AWS's code of the error; empty where no answer came."""


class NotAllowedError(NotReadableError):
    """The caller is authenticated but not allowed to do this."""


class NotThereError(NotReadableError):
    """What was asked for by its name does not exist."""


class ExpiredError(NotReadableError):
    """The credentials are old or unknown: no other call will be answered either."""


class Reader:
    """Reads settings of one account; several threads may at once."""

    def __init__(self, make: Callable[[str, str], Any], region: str) -> None:
        """`make` gives a client of a service in a region."""
        self._make = make
        self._counting = threading.Lock()
        self.region = region
        self.calls = 0
        """Requests that were answered, each page of a list one."""
        self.retries = 0
        """Requests that were sent again, as AWS asked to slow down or did not answer."""

    def all(self, service: str, call: str, field: str, region: str | None = None, **arguments: Any) -> list[Any]:
        """Every item of a list call."""
        return [item for page in self._answers(service, call, region, arguments) for item in page.get(field, ())]

    def named(self, service: str, call: str, field: str, region: str | None = None, **name: str) -> list[Any]:
        """The result of a list call for one name; an empty list where the name does not exist.

        It takes fewer rights than the whole list: IAM asks for those on the resource that is named.
        """
        try:
            return self.all(service, call, field, region, **name)
        except NotThereError:
            return []

    def one(self, service: str, call: str, region: str | None = None, **arguments: Any) -> dict[str, Any]:
        """The answer of a call; of one that comes in pages the first."""
        return next(self._answers(service, call, region, arguments))

    def _answers(
        self, service: str, call: str, region: str | None, arguments: Mapping[str, object]
    ) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import BotoCoreError, ClientError

        if not call.startswith(READS) or call in NEVER:
            raise ValueError(f"{service}.{call} is not a call that only reads settings")
        client = self._make(service, region or self.region)
        try:
            if client.can_paginate(call):
                for page in client.get_paginator(call).paginate(**arguments):
                    yield self._counted(page)
            else:
                yield self._counted(getattr(client, call)(**arguments))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self._counted(dict(error.response))
            raise _kind(code)(f"{service}.{call}: {code}", code) from None
        except BotoCoreError as error:
            raise NotReadableError(f"{service}.{call}: {error}") from None

    def _counted(self, answer: dict[str, Any]) -> dict[str, Any]:
        with self._counting:
            self.calls += 1
            self.retries += int(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))
        return answer


# ExpiredToken, ExpiredTokenException, and what the services say of a key that they do not know (EC2: AuthFailure).
EXPIRED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


def _kind(code: str) -> type[NotReadableError]:
    # DBInstanceNotFound, ReplicationGroupNotFoundFault, CacheClusterNotFound; IAM's is NoSuchEntity.
    if "NotFound" in code or code == "NoSuchEntity":
        return NotThereError
    if code in EXPIRED:
        return ExpiredError
    # AccessDenied, AccessDeniedException; EC2's is UnauthorizedOperation, SNS's AuthorizationError.
    refused = "AccessDenied" in code or code in {"UnauthorizedOperation", "AuthorizationError"}
    return NotAllowedError if refused else NotReadableError
