"""Secrets in the form that each engine keeps, so that clear text goes only where nothing else is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from bootstrap.secrets.secret import Secret
from knowledge import passwords

# PostgreSQL's default (scram_iterations).
ITERATIONS = 4096


def scram_verifier(secret: Secret, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """Return PostgreSQL's SCRAM-SHA-256 verifier (RFC 5803), so that the password itself never reaches the server.

    Generated passwords are ASCII, for which SASLprep changes nothing.
    """
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", secret.reveal().encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    b64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(iterations, *b64)


def redis_hash(secret: Secret) -> str:
    """Return the hash that Redis keeps of a password: SHA-256 in lower-case hex, unsalted."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def elasticache_passwords(*secrets_: Secret) -> list[str]:
    """Return the passwords as ElastiCache's API wants them: in the clear, there is no hashed form.

    Raise ValueError with the rule that one breaks.
    """
    values = [secret.reveal() for secret in secrets_]
    if len(values) > 2:
        raise ValueError("ElastiCache takes at most two passwords of a user")
    for value in values:
        if problem := passwords.user_problem(value):
            raise ValueError(problem)
    return values


def auth_token(secret: Secret) -> str:
    """Return an AUTH token as ElastiCache's API wants it: in the clear.

    Raise ValueError with the rule that it breaks.
    """
    value = secret.reveal()
    if problem := passwords.token_problem(value):
        raise ValueError(problem)
    return value


def rds_password(secret: Secret) -> str:
    """Return a master password as RDS's API wants it: in the clear, there is no hashed form."""
    return secret.reveal()
