"""The one door to AWS: it lets nothing through but calls that read settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

READS = ("describe_", "list_", "get_")
# They read, and what they read is data.
NEVER = ("get_secret_value", "get_object", "get_log_events", "get_parameter", "get_authorization_token")


class NotReadableError(Exception):
    """AWS did not answer; the message says why, in its own code."""


class NotAllowedError(NotReadableError):
    """The caller is authenticated but not allowed to do this."""


class NotThereError(NotReadableError):
    """What was asked for by its name does not exist."""


class Reader:
    """Reads settings of one account."""

    def __init__(self, make: Callable[[str, str], Any], region: str) -> None:
        """`make` gives a client of a service in a region."""
        self._make = make
        self.region = region

    def all(self, service: str, call: str, field: str, region: str | None = None, **arguments: Any) -> list[Any]:
        """Every item of a list call."""
        return list(self._answer(service, call, region, arguments).get(field, []))

    def named(self, service: str, call: str, field: str, region: str | None = None, **name: str) -> list[Any]:
        """The result of a list call for one name; an empty list where the name does not exist.

        It takes fewer rights than the whole list: IAM asks for those on the resource that is named.
        """
        try:
            return self.all(service, call, field, region, **name)
        except NotThereError:
            return []

    def one(self, service: str, call: str, region: str | None = None, **arguments: Any) -> dict[str, Any]:
        """The answer of a call."""
        return self._answer(service, call, region, arguments)

    def _answer(self, service: str, call: str, region: str | None, arguments: Mapping[str, object]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        if not call.startswith(READS) or call in NEVER:
            raise ValueError(f"{service}.{call} is not a call that only reads settings")
        client = self._make(service, region or self.region)
        try:
            if client.can_paginate(call):
                answer: dict[str, Any] = client.get_paginator(call).paginate(**arguments).build_full_result()
            else:
                answer = getattr(client, call)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise _kind(code)(f"{service}.{call}: {code}") from None
        except BotoCoreError as error:
            raise NotReadableError(f"{service}.{call}: {error}") from None
        return answer


def _kind(code: str) -> type[NotReadableError]:
    # DBInstanceNotFound, ReplicationGroupNotFoundFault, CacheClusterNotFound; IAM's is NoSuchEntity.
    if "NotFound" in code or code == "NoSuchEntity":
        return NotThereError
    return NotAllowedError if "AccessDenied" in code else NotReadableError  # AccessDenied, AccessDeniedException
