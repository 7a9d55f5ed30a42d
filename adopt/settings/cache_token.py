"""Which secret has the AUTH token of a cache that runs, by its name alone: no value is read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adopt.estate import Described, Estate, RunningCache
from adopt.settings.around import is_a_persons, own_secret

_WORDS = ("auth", "authtoken", "password", "token")


@dataclass(frozen=True, kw_only=True)
class TokenSecret:
    """A secret, or what to do without one."""

    arn: str | None
    remark: str
    """For whoever reads the stack's file next."""

    @property
    def key(self) -> tuple[str, ...]:
        """Key below `existing` to which the remark belongs."""
        return ("token_secret",) if self.arn else ()


def token_secret(estate: Estate, cache: RunningCache, prefix: str) -> TokenSecret:
    """The one secret whose name speaks of this cache and of a password; one under `prefix` is the stack's own."""
    if own_secret(estate, prefix, f"{cache.name}-auth"):
        return TokenSecret(arn=None, remark="")  # it is imported
    found = [each for each in estate.around.secrets if _of_token(each, cache.identifier)]
    if len(found) == 1 and not str(found[0]["Name"]).startswith(f"{prefix}/"):
        remark = f"{found[0]['Name']} by its name: look whether it holds the AUTH token."
        return TokenSecret(arn=str(found[0]["ARN"]), remark=remark)
    return TokenSecret(
        arn=None,
        remark="Add token_secret, the ARN of the secret that holds its AUTH token; without it the first bootstrap says "
        "where to store the token.",
    )


def _of_token(secret: Described, identifier: str) -> bool:
    if not is_a_persons(secret):
        return False
    name = str(secret.get("Name", "")).lower()
    # `orders-cache-auth` and `orders/orders-cache/token`, and nothing of a cache `orders-cache-2`.
    of_it = re.compile(rf"(?<![a-z0-9-]){re.escape(identifier.lower())}(?![a-z0-9]|-(?!(?:{'|'.join(_WORDS)})\b))")
    return bool(of_it.search(name) and set(_WORDS) & set(re.split(r"[^a-z0-9]+", of_it.sub(" ", name))))
