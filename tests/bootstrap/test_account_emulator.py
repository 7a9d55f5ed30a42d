"""The look into an account, at the AWS emulator of a tier: what it does not know is told, the rest is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from account.look import look
from account.reader import Reader
from bootstrap.aws import aws_client


@dataclass(frozen=True)
class Wanted:
    type: str
    name: str
    inputs: dict[str, Any]


WANTED = (
    Wanted("aws:secretsmanager/secret:Secret", "credentials-master", {"name": "books-live/master"}),
    Wanted("aws:secretsmanager/secret:Secret", "credentials-app", {"name": "books-live/app"}),
    Wanted("aws:kms/alias:Alias", "keys-storage-alias", {"name": "alias/books-live-storage"}),
    Wanted("aws:cloudwatch/logGroup:LogGroup", "runner-logs", {"name": "/aws/lambda/books-live-bootstrap"}),
)


def test_names_that_the_emulator_holds_are_found(aws: str) -> None:
    secrets, logs = (aws_client(service, "eu-west-1", aws) for service in ("secretsmanager", "logs"))
    secrets.create_secret(Name="books-live/master", SecretString="{}")
    logs.create_log_group(logGroupName="/aws/lambda/books-live-bootstrap")
    seen = look(Reader(lambda service, region: aws_client(service, region, aws), "eu-west-1"), WANTED)
    maybe = ": fine where it is this stack's own, which --against tells"
    assert sorted(each.what for each in seen if each.check == "name") == [
        f"the log group /aws/lambda/books-live-bootstrap exists{maybe}",
        f"the secret books-live/master exists{maybe}",
    ]
    assert {each.state for each in seen if each.check == "not looked at"} <= {"note"}
