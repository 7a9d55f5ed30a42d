"""Secrets: one container per identity, and the first, short-lived password of the master user.

The bootstrap fills the containers. On its first run it replaces the master password and each AUTH token too, so that
those that Pulumi's state holds (encrypted) open nothing any more. A server that was there before the stack has a
password already: its secret is used where it has one, and where it has none a person fills the container.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.refuse import refuse
from components.secret import secret
from knowledge import limits, names, passwords

INITIAL = "INITIAL"
"""Label of the version that Pulumi made, besides AWS's own. Secrets Manager gives AWSCURRENT to the first version of a
secret by default, and moves it to a later one only where no label is named (PutSecretValue): so this version is
current until the bootstrap has made another, and never again, even where Pulumi has to recreate it."""


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Identities to make secrets for, and the rules for the master's first password."""

    prefix: str
    """Prefix of the secrets' names: `<prefix>/<identity>`."""
    master_username: str
    """Master user of the database, e.g. `shop_admin`."""
    database: str
    """Database that the master connects to."""
    identities: Sequence[str]
    """Identities of the access declaration, one empty secret each."""
    token_caches: Sequence[str] = ()
    """Caches that use an AUTH token in place of users."""
    existing_arns: Mapping[str, str] = field(default_factory=dict)
    """`master`, or a cache's `<cache>-auth` -> ARN of the secret that was there before; none is made in its place."""
    existing_passwords: Sequence[str] = ()
    """Those of `master` and `<cache>-auth` that servers had before without a secret: no first one is made up."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets that are made."""
    password_length: int = passwords.USUAL_LENGTH
    """Characters of a password."""
    password_special: str = passwords.USUAL_SPECIAL
    """Special characters in it: these need no quoting in a URL. An AUTH token has those of them that it may have."""
    recovery_window_days: int = 30
    """Days that a deleted secret can be brought back; 0 deletes at once, so that a name is free again."""
    protect: bool = False
    """Refuse to delete the secrets through Pulumi."""

    def __post_init__(self) -> None:
        """Refuse names that collide and windows that Secrets Manager refuses."""
        refuse(
            "credentials",
            master_username=names.master_problem(self.master_username),
            database=names.database_problem(self.database),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
            password_length=passwords.LENGTH.problem(self.password_length),
            password_special=passwords.special_problem(self.password_special),
        )
        keys = ["master", *self.identities, *(token_name(cache) for cache in self.token_caches)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(
                f"credentials: two secrets would be named {', '.join(twice)}; rename the identity or cache"
            )
        engines = ["master", *(token_name(cache) for cache in self.token_caches)]
        for argument in ("existing_arns", "existing_passwords"):
            if unknown := sorted(set(getattr(self, argument)) - set(engines)):
                raise ValueError(f"credentials: {argument} names {', '.join(unknown)}; there are {', '.join(engines)}")


class Credentials(pulumi.ComponentResource):
    """Secrets of a data tier."""

    master_secret_arn: pulumi.Output[str]
    """ARN of the master user's secret, once there is a first value in it."""
    master_password: pulumi.Output[str] | None
    """Initial password of the master user, for the instance alone; none of one that was there before."""
    secret_arns: dict[str, pulumi.Output[str]]
    """Identity -> ARN of its secret."""
    token_secret_arns: dict[str, pulumi.Output[str]]
    """Cache -> ARN of the secret with its AUTH token."""
    existing_arns: list[str]
    """ARNs of those that were there before."""
    tokens: dict[str, pulumi.Output[str]]
    """Cache -> initial AUTH token, for the replication group alone; none of one that was there before."""

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make a secret for each identity, and the master's with its first password."""
        super().__init__("data-tier:index:Credentials", name, {}, opts)
        self._name = name
        self._args = args

        self.master_password, self.master_secret_arn = self._of_engine(
            "master",
            f"Master user of {args.prefix}",
            args.password_special,
            lambda password: {
                "username": args.master_username,
                "password": password,
                "engine": "postgres",
                "dbname": args.database,
                "initial": True,
            },
        )
        self.secret_arns = {
            identity: self._secret(identity, f"{identity} of {args.prefix}").arn for identity in args.identities
        }

        self.existing_arns = sorted(args.existing_arns.values())
        self.tokens, self.token_secret_arns = {}, {}
        for cache in args.token_caches:
            token, self.token_secret_arns[cache] = self._of_engine(
                token_name(cache),
                f"AUTH token of cache {cache} of {args.prefix}",
                passwords.token_special(args.password_special),
                # With an AUTH token every client is the user `default`.
                lambda token: {"redis_username": "default", "redis_password": token, "initial": True},
            )
            if token is not None:
                self.tokens[cache] = token
        self.register_outputs(
            {
                "master_secret_arn": self.master_secret_arn,
                "secret_arns": self.secret_arns,
                "token_secret_arns": self.token_secret_arns,
            }
        )

    def _of_engine(
        self,
        key: str,
        description: str,
        special: str,
        value: Callable[[pulumi.Output[str]], dict[str, pulumi.Input[str | bool]]],
    ) -> tuple[pulumi.Output[str] | None, pulumi.Output[str]]:
        """The first password of a server, if it is made here, and the ARN of its secret."""
        args = self._args
        if key in args.existing_arns:
            return None, pulumi.Output.from_input(args.existing_arns[key])
        container = self._secret(key, description)
        if key in args.existing_passwords:
            return None, container.arn
        password = self._password(key, special)
        return password, self._filled(key, container, value(password))

    def _password(self, key: str, special: str) -> pulumi.Output[str]:
        made = random.RandomPassword(
            f"{self._name}-{key}-password",
            length=self._args.password_length,
            special=bool(special),
            override_special=special or None,
            min_lower=1,
            min_upper=1,
            min_numeric=1,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["result"]),
        )
        return secret(made.result)

    def _secret(self, key: str, description: str) -> aws.secretsmanager.Secret:
        args = self._args
        return aws.secretsmanager.Secret(
            f"{self._name}-{key}",
            name=names.secret(args.prefix, key),
            description=description,
            kms_key_id=args.secrets_key_arn,
            recovery_window_in_days=args.recovery_window_days,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _filled(
        self, key: str, container: aws.secretsmanager.Secret, value: dict[str, pulumi.Input[str | bool]]
    ) -> pulumi.Output[str]:
        # Later versions belong to the bootstrap: Pulumi neither reads nor overwrites them.
        version = aws.secretsmanager.SecretVersion(
            f"{self._name}-{key}-initial",
            secret_id=container.id,
            secret_string=secret(pulumi.Output.json_dumps(value)),
            version_stages=[INITIAL],
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["secretString", "versionStages"],
                additional_secret_outputs=["secretString"],
            ),
        )
        # Through the version, so that users of the ARN find a value there.
        return pulumi.Output.all(container.arn, version.id).apply(lambda both: str(both[0]))


def token_name(cache: str) -> str:
    """Return the name of the secret with a cache's AUTH token."""
    return f"{cache}-auth"
