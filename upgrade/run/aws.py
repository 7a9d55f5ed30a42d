"""AWS's half of the world of an upgrade, by boto3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bootstrap.aws import Caller, Where, aws_client
from keep.estate.refused import PASSING, code_of, reason, unreached
from upgrade.check import Look, Value
from upgrade.effect import Call
from upgrade.run.errors import AwsError

_TAKEN = "something else has this name: look at it, and delete it if nobody needs it"


class Aws:
    """Looks and calls, each in its own region."""

    def __init__(self, region: str, endpoint: Where, caller: Caller) -> None:
        """Ask nobody yet.

        :param region: of what names none.
        """
        self._region, self._endpoint, self._caller = region, endpoint, caller

    def look(self, look: Look) -> object:
        """What the path finds; None where AWS does not know what is described."""
        import jmespath

        method = _method(look.operation)
        with _said(look.service, look.operation, look.parameters):
            client = self._client(look.service, look.region)
            try:
                if client.can_paginate(method):
                    answer = client.get_paginator(method).paginate(**look.parameters).build_full_result()
                else:
                    answer = getattr(client, method)(**look.parameters)
            except client.exceptions.ClientError as error:
                # What AWS calls the absence of a thing ends so, be it an instance, a group or a snapshot.
                if code_of(error).endswith("NotFound"):
                    return None
                raise
        try:
            found: object = jmespath.search(look.path, answer)
        except jmespath.exceptions.JMESPathTypeError:  # a function of what is not there
            return None
        return found

    def call(self, call: Call, found: Mapping[str, Value]) -> str:
        """Make it and return AWS's request id."""
        with _said(call.service, call.operation, call.parameters):
            client = self._client(call.service, call.region)
            answer = getattr(client, _method(call.operation))(**call.parameters, **found)
        return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))

    def _client(self, service: str, region: str | None) -> Any:
        return aws_client(service, region or self._region, self._endpoint, caller=self._caller)


def _method(operation: str) -> str:
    from botocore import xform_name

    return xform_name(operation)


@contextmanager
def _said(service: str, operation: str, parameters: Mapping[str, Value]) -> Iterator[None]:
    from botocore import exceptions as botocore

    of = next((str(each) for name, each in parameters.items() if name.endswith(("Identifier", "Id", "Name"))), "")
    what = f"{service} {operation}" + (f" of {of}" if of else "")
    try:
        yield
    except botocore.ClientError as error:
        code = code_of(error)
        raise AwsError(f"{what}: {reason(error, _TAKEN)}", code=code, passing=code in PASSING) from None
    except (botocore.NoCredentialsError, botocore.ProfileNotFound) as error:
        raise AwsError(f"{what}: {error}: log in (`aws sso login`) or set AWS_PROFILE") from None
    except botocore.BotoCoreError as error:
        said = f"{what}: {error}; see that its endpoint is reached"
        raise AwsError(said, passing=unreached(error)) from None
