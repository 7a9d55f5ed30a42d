"""The one thing that crosses from infrastructure to bootstrap: endpoints, names and secret references, no secret."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bootstrap.aws import AwsEndpoint
from knowledge.passwords import LENGTH, USUAL_LENGTH, USUAL_SPECIAL

PRIMARY = "primary"
"""Name of the instance that is written to, where each replica has its own."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(_Model):
    """Where one server listens."""

    name: str
    """Name within the stack: `primary`, a replica's or a node's."""
    host: str
    port: int
    region: str | None = None
    """AWS region, where it is another than the stack's."""


class PooledTarget(_Model):
    """A proxy before the primary, for applications; the bootstrap goes round it."""

    endpoint: Endpoint
    identities: tuple[str, ...]
    """Whom it serves."""
    percent: int = Field(ge=1, le=100)
    """Share of max_connections that it may take."""
    iam: bool = False
    """Whether it takes tokens of AWS in place of passwords."""


class PostgresTarget(_Model):
    """The RDS instance and its replicas."""

    primary: Endpoint
    replicas: tuple[Endpoint, ...] = ()
    database: str
    sslmode: Literal["disable", "verify-full"] = "verify-full"
    """`disable` only on loopback (the local substrate)."""
    sslrootcert: str | None = None
    """Path of the CA bundle; the one shipped with the runner when absent."""
    master_secret: str
    """ARN of the secret that holds the master user's name and password."""
    iam_region: str | None = None
    """Region whose tokens are taken in place of passwords: RDS with IAM authentication. Absent anywhere else."""
    proxy: PooledTarget | None = None
    """RDS Proxy, where there is one."""
    instance: str | None = None
    """DB instance identifier of the primary; the stack's prefix when absent, as in an older manifest."""
    existing: bool = False
    """Whether it was there before its stack: its master has a password that nobody here has made."""
    replica_lag: float | None = None
    """Seconds that a replica may be behind before the stack's alarm counts it; None where no stack says so."""

    def at(self, endpoint: Endpoint) -> PostgresTarget:
        """Return a copy of the instance that listens there, alone, with everything else as here."""
        return self.model_copy(update={"primary": endpoint, "replicas": (), "proxy": None})

    @model_validator(mode="after")
    def _encrypted(self) -> PostgresTarget:
        if self.iam_region and self.sslmode == "disable":
            raise ValueError("iam_region needs TLS: a token is sent as it is; set sslmode to verify-full")
        return self


class CacheTarget(_Model):
    """One named cache: an ElastiCache replication group."""

    endpoint: Endpoint
    """Primary endpoint, or the configuration endpoint in cluster mode."""
    reader: Endpoint | None = None
    """The endpoint that replicas answer at, outside of cluster mode; absent where there are none, and for `nodes`."""
    tls: bool = True
    cluster_mode: bool = False
    engine: Literal["redis", "valkey"] = "valkey"
    user_group: str | None = None
    """ElastiCache user group that the bootstrap adds users to; absent where the cache uses an AUTH token."""
    iam_cache: str | None = None
    """Replication group that tokens of AWS are for, where its users may log in by one. Absent anywhere else."""
    auth_secret: str | None = None
    """ARN of the secret with the AUTH token, where RBAC is not wanted: then the cache knows no users."""
    replication_group: str | None = None
    """Id of the ElastiCache replication group. Absent anywhere else, and in an older manifest of a cache with users."""
    existing: bool = False
    """Whether it was there before its stack: its AUTH token is one that nobody here has made, and its user group may
    have users that are somebody else's."""
    nodes: tuple[Endpoint, ...] = ()
    """Every node of a self-managed cache (never set for ElastiCache): there ACL SETUSER is sent to each."""
    admin_secret: str | None = None
    """ARN of the secret of the ACL administrator of a self-managed cache (never set for ElastiCache)."""

    @property
    def on_elasticache(self) -> bool:
        """Whether ElastiCache runs it, as opposed to the stack itself."""
        return not self.nodes

    @property
    def has_users(self) -> bool:
        """Whether it knows users; with an AUTH token every client is the same one."""
        return self.auth_secret is None and bool(self.user_group or self.nodes)

    @model_validator(mode="after")
    def _token_can_be_changed(self) -> CacheTarget:
        if self.auth_secret and not (self.replication_group or (self.nodes and self.admin_secret)):
            raise ValueError(
                "auth_secret needs what changes the token: replication_group, or nodes with an admin_secret"
            )
        return self


class PasswordRule(_Model):
    """What the passwords that the bootstrap makes contain besides letters and digits."""

    length: int = USUAL_LENGTH
    special: str = USUAL_SPECIAL
    """Special characters; what a stack may choose is in `knowledge.passwords`."""

    @model_validator(mode="after")
    def _long_enough(self) -> PasswordRule:
        if problem := LENGTH.problem(self.length):
            raise ValueError(f"length {problem}")
        return self


USUAL_PASSWORDS = PasswordRule()


class KeptTarget(_Model):
    """Where a stack keeps its logical copies and the reports of its drills."""

    place: str
    """`s3://BUCKET/PREFIX`, or a folder."""
    backup_seconds: float = Field(gt=0)
    """How old the newest copy may become: the schedule's pause, and the time that a copy takes."""


class DrillsTarget(_Model):
    """What a stack's drills on a schedule are measured against, where nobody has the stack's file."""

    drill_seconds: float = Field(gt=0)
    """How old the last drill may become: the schedule's longest pause, and a week."""
    rto_seconds: float = Field(gt=0)
    rpo_seconds: float = Field(gt=0)
    """`data-tier:objectives` of the stack."""


class ObjectLock(_Model):
    """How long S3 keeps a whole backup from everybody (S3 User Guide, "Object Lock")."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    days: int


class BucketTarget(_Model):
    """The stack's bucket, where backups go unless another place is named."""

    name: str
    owner: str
    """Account that owns it."""
    lock: ObjectLock | None = None
    """Absent where backups are not locked."""


class Manifest(_Model):
    """All that a bootstrap run needs to know about a deployed stack."""

    stack: str
    prefix: str
    """Prefix of the physical names, e.g. `shop-prod`: ElastiCache user ids start with it."""
    region: str
    aws_endpoint: AwsEndpoint | str | None = None
    """An AWS emulator and where its key is, never the key; absent on AWS."""
    postgres: PostgresTarget
    caches: dict[str, CacheTarget] = Field(default_factory=dict)
    bucket: BucketTarget | None = None
    """Absent where the stack has none."""
    secrets: dict[str, str] = Field(default_factory=dict)
    """Identity -> ARN of the secret that the bootstrap fills."""
    passwords: PasswordRule = USUAL_PASSWORDS
    protected: bool | None = None
    """Whether revokes, drops and changes of ownership need a word of their own (`data-tier:protect`). One that says
    nothing, as manifests did once, counts as protected: what a stack is called tells nothing."""
    kept: KeptTarget | None = None
    """Absent where nobody makes copies on a schedule."""
    drills: DrillsTarget | None = None
    """Absent where none run on a schedule."""
    access: dict[str, Any]
    """The access declaration (`access.yaml`), as parsed YAML; `bootstrap.access` gives it its types."""

    @property
    def is_protected(self) -> bool:
        """Whether nobody may lose access by a slip."""
        return self.protected is not False
