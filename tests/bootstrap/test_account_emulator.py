"""The look into an account, at the AWS emulator of a tier: what it does not know is told, the rest is found."""

from __future__ import annotations

from account.look import look
from account.reader import Reader
from bootstrap.aws import aws_client
from graph.resource import Resource

WANTED = (
    Resource(type="aws:secretsmanager/secret:Secret", name="credentials-master", inputs={"name": "books-live/master"}),
    Resource(type="aws:secretsmanager/secret:Secret", name="credentials-app", inputs={"name": "books-live/app"}),
    Resource(type="aws:kms/alias:Alias", name="keys-storage-alias", inputs={"name": "alias/books-live-storage"}),
    Resource(
        type="aws:cloudwatch/logGroup:LogGroup", name="runner-logs", inputs={"name": "/aws/lambda/books-live-bootstrap"}
    ),
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
