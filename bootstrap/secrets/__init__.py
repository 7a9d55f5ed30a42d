"""The only place that touches secret values: everywhere else they are a `Secret`, which prints as `***`."""

from __future__ import annotations

from bootstrap.secrets.engines import auth_token, elasticache_passwords, rds_password, redis_hash, scram_verifier
from bootstrap.secrets.logins import LoginError, open_postgres, open_redis, postgres_password, root_certificates
from bootstrap.secrets.secret import Credential, Secret, new_password
from bootstrap.secrets.store import AwsStore, SecretStore, SecretStoreError, SecretVersion, Stage, Stages
from bootstrap.secrets.tokens import redis_token
from bootstrap.secrets.urls import (
    UrlError,
    check_urls,
    open_database_url,
    open_redis_url,
    place_of,
    redis_url_at,
    redis_user,
)

__all__ = [
    "AwsStore",
    "Credential",
    "LoginError",
    "Secret",
    "SecretStore",
    "SecretStoreError",
    "SecretVersion",
    "Stage",
    "Stages",
    "UrlError",
    "auth_token",
    "check_urls",
    "elasticache_passwords",
    "new_password",
    "open_database_url",
    "open_postgres",
    "open_redis",
    "open_redis_url",
    "place_of",
    "postgres_password",
    "rds_password",
    "redis_hash",
    "redis_token",
    "redis_url_at",
    "redis_user",
    "root_certificates",
    "scram_verifier",
]
