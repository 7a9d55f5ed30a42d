"""What a refusal of AWS means for capacity, and what ends it."""

from __future__ import annotations

_OFTEN = "AWS is asked too often in this account: try again in a minute"
_SOLVED = {
    "Throttling": _OFTEN,
    "ThrottlingException": _OFTEN,
    "ReplicationGroupNotFoundFault": "the cache is not deployed, or in another region",
}


def refusal(error: Exception, lacking: str, right: str) -> str | None:
    """A sentence; None for an error that is not about AWS.

    :param lacking: what is missing for it, as the beginning of the sentence.
    :param right: the actions that whoever runs this has to be allowed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        denied = code in ("AccessDenied", "AccessDeniedException")
        mend = f"allow {right} to whoever runs this" if denied else _SOLVED.get(code)
        return f"{lacking} ({code}: {message})" + (f": {mend}" if mend else "")
    return f"{lacking}: {error}" if isinstance(error, BotoCoreError) else None
