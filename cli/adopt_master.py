"""`datatier adopt --store-master`: the master's password, asked for and put into Secrets Manager."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from bootstrap.errors import AskedError
from bootstrap.manifest import Endpoint, PostgresTarget
from bootstrap.secrets import Credential, LoginError, Secret, open_postgres
from cli.consent import ask
from cli.output import console, escape

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DBInstanceTypeDef
    from types_boto3_secretsmanager import SecretsManagerClient


def store_master(stack: str, instance: str, region: str, prefix: str, *, yes: bool) -> None:
    """Ask for it, prove it by a login where the server can be reached, and store it under the stack's name."""
    from bootstrap.aws import aws_client, aws_credentials
    from knowledge.names import secret

    aws_credentials()
    described = _described(aws_client("rds", region, None), instance, region)
    client = aws_client("secretsmanager", region, None)
    put(client, secret(prefix, "master"), described, stack, yes=yes)


def put(
    client: SecretsManagerClient, name: str, described: Mapping[str, Any], stack: str, *, yes: bool, tls: bool = True
) -> None:
    """Ask for the master's password of that DBInstance, and store it as `name`. `tls` is off for tests alone."""
    from adopt.refusals_instances import managed_password
    from bootstrap.secrets.given import give, is_filled
    from knowledge.commands import in_region

    if managed := managed_password(described):
        why, way = managed
        raise AskedError(f"{why}: {in_region(way, client.meta.region_name)}.")
    filled = is_filled(client, name)
    user = str(described["MasterUsername"])
    password = asked(user)
    where = f"{described.get('Endpoint', {}).get('Address')}:{described.get('Endpoint', {}).get('Port')}"
    proved = prove(described, user, password, tls=tls)
    console(stderr=True).print(
        escape(
            f"{where} lets {user} in with it."
            if proved
            else f"{where} is not reached from here, so that the first bootstrap proves the password."
        )
    )
    instead = ", in place of the value that is there" if filled else ""
    ask(f"The master's password will be stored in Secrets Manager as {name}{instead}.", stack, yes=yes)
    endpoint = described.get("Endpoint", {})
    credential = Credential(
        username=user,
        password=password,
        engine="postgres",
        host=endpoint.get("Address"),
        port=endpoint.get("Port"),
        dbname=described.get("DBName"),
    )
    arn = give(client, name, f"Master user of {described['DBInstanceIdentifier']}", credential, proved=proved)
    console().print(escape(f"stored: {arn}"))
    console().print("`datatier adopt` imports the secret, and no bootstrap replaces the password")


def _described(client: Any, instance: str, region: str) -> DBInstanceTypeDef:
    try:
        found: DBInstanceTypeDef = client.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]
    except client.exceptions.DBInstanceNotFoundFault:
        raise AskedError(f"--instance {instance}: there is no such instance in {region}.") from None
    return found


def asked(user: str) -> Secret:
    """The password, of a prompt without echo or of standard input; never of the command line, which others see."""
    typed = (
        typer.prompt(f"Password of {user}", hide_input=True, err=True, default="", show_default=False)
        if sys.stdin.isatty()
        else sys.stdin.readline()
    ).rstrip("\r\n")
    if not typed:
        raise AskedError(f"no password of {user} was given: type it, or send it to standard input. Nothing was stored.")
    return Secret(typed)


def prove(described: Mapping[str, Any], user: str, password: Secret, *, tls: bool = True) -> bool:
    """Log in with it; return whether the server was reached. Raise AskedError where it refuses the password."""
    endpoint = described.get("Endpoint", {})
    host, port = str(endpoint.get("Address", "")), int(endpoint.get("Port", 0))
    target = PostgresTarget(
        primary=Endpoint(name="primary", host=host, port=port),
        database="postgres",
        sslmode="verify-full" if tls else "disable",
        master_secret="",
    )
    try:
        open_postgres(target, target.primary, user, password).close()
    except LoginError as error:
        if error.refused:
            raise AskedError(f"{host}:{port} does not let {user} in with that password. Nothing was stored.") from None
        return False
    return True
