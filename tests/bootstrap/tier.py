"""A deployed stack in miniature, as the infrastructure leaves it: a manifest, an empty database, empty secrets."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import redis
import yaml
from clinic_project import CLINIC
from real_servers import ADMIN_PASSWORD, Postgres, Valkey

from bootstrap.aws import aws_client
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.report import Report
from bootstrap.run import run
from bootstrap.secrets import AwsStore, Credential, SecretStore, open_postgres

REGION = "eu-west-1"
FIRST_PASSWORD = "the-password-in-the-state-of-the-infrastructure"
MIGRATION = """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, size int GENERATED ALWAYS AS (1) STORED
);
CREATE TABLE events (id bigserial PRIMARY KEY, user_id uuid REFERENCES users, at timestamptz NOT NULL DEFAULT now());
CREATE VIEW recent AS SELECT * FROM events;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
"""
MIGRATION_DOWN = "DROP VIEW recent; DROP TABLE events, users; DROP FUNCTION answer;"


@dataclass
class Tier:
    """One stack; its identities bear `name` in place of `clinic`, so that many share a server."""

    name: str
    postgres: Postgres
    endpoint: str
    migrations: Path
    caches: dict[str, CacheTarget] = field(default_factory=dict)
    manifest: Manifest = field(init=False)

    def __post_init__(self) -> None:
        access = yaml.safe_load((CLINIC / "access.yaml").read_text().replace("clinic", self.name))
        with self.postgres.superuser() as conn:
            role = f"CREATE ROLE {self.name}_master LOGIN CREATEDB CREATEROLE PASSWORD '{FIRST_PASSWORD}'"
            conn.execute(f"{role} IN ROLE rds_superuser")
        client = aws_client("secretsmanager", REGION, self.endpoint)
        first = {"username": f"{self.name}_master", "password": FIRST_PASSWORD, "initial": True}
        self.manifest = Manifest(
            stack=self.name,
            prefix=f"app-{self.name}",
            region=REGION,
            aws_endpoint=self.endpoint,
            postgres=PostgresTarget(
                primary=Endpoint(name="primary", host="127.0.0.1", port=self.postgres.port),
                database=f"{self.name}_app",
                sslmode="disable",
                master_secret=self._secret(client, "master", first),
            ),
            caches=self.caches,
            secrets={name: self._secret(client, name) for name in access["identities"]},
            access=access,
        )

    def _secret(self, client: Any, name: str, content: dict[str, Any] | None = None) -> str:
        value = {"SecretString": json.dumps(content)} if content else {}
        return str(client.create_secret(Name=f"app-{self.name}/{name}", **value)["ARN"])

    @cached_property
    def store(self) -> AwsStore:
        return AwsStore(REGION, self.endpoint)

    def run(self, store: SecretStore | None = None) -> Report:
        return run(self.manifest, migrations=self.migrations, store=store or self.store)

    def credential(self, identity: str) -> Credential:
        """What the store holds of an identity, or of `master`."""
        arn = self.manifest.postgres.master_secret if identity == "master" else self.manifest.secrets[identity]
        version = self.store.get(arn)
        assert version is not None
        return version.credential

    def passwords(self) -> set[str]:
        """Every password in the store, in the clear."""
        credentials = [self.credential(name) for name in ("master", *self.manifest.secrets)]
        found = [secret for c in credentials for secret in (c.password, c.redis_password) if secret]
        return {secret.reveal() for secret in found}

    def login(self, identity: str) -> psycopg.Connection:
        credential = self.credential(identity)
        assert credential.username
        assert credential.password
        return open_postgres(
            self.manifest.postgres, self.manifest.postgres.primary, credential.username, credential.password
        )

    def remove_users(self) -> None:
        """Take its users from the caches that still run."""
        for target in self.caches.values():
            at = target.endpoint
            with (
                suppress(redis.ConnectionError),
                redis.Redis(at.host, at.port, username="acl-admin", password=ADMIN_PASSWORD) as admin,
            ):
                names = [str(name, "utf-8") for name in admin.execute_command("ACL", "USERS")]
                for name in names:
                    if re.match(rf"{self.name}[_-]", name):
                        admin.execute_command("ACL", "DELUSER", name)


def cache(server: Valkey, endpoint: str, name: str, **more: Any) -> CacheTarget:
    """A cache on a server of one's own."""
    client = aws_client("secretsmanager", REGION, endpoint)
    content = json.dumps({"username": "acl-admin", "password": ADMIN_PASSWORD})
    secret = client.create_secret(Name=f"{name}/acl-admin", SecretString=content)
    node = Endpoint(name="primary", host="127.0.0.1", port=server.port)
    return CacheTarget(endpoint=node, nodes=(node,), tls=False, admin_secret=secret["ARN"], **more)
