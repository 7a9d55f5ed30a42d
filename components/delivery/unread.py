"""What a read-only role is denied, whatever is attached to it later: secrets' values, data, plaintext of keys."""

from collections.abc import Sequence

from components.delivery.state import State
from components.policy import Statement, deny, through

INVOKE = "lambda:InvokeFunction"
# Actions whose answers hold data rather than settings.
DATA = (
    "dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan", "elasticache:Connect",
    "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartQuery",
    "rds-data:*", "rds-db:connect", "rds:DownloadCompleteDBLogFile", "rds:DownloadDBLogFilePortion",
    "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter*",
)  # fmt: skip


def unread(state: State, partition: str, *, looked: Sequence[str] = (), decrypted: bool = False) -> list[Statement]:
    """Denials; left out are the state's own objects, functions that may be asked to look, and its key if `decrypted`.

    Where it is not, S3 may still open an object with that key.
    """
    opened = {"NotResource": state.key_arn} if state.key_arn else {"Resource": "*"}
    asked = {"NotResource": list(looked)} if looked else {"Resource": "*"}
    denied: list[Statement] = [
        deny("NoData", DATA, "*"),
        {"Sid": "NoFunctions", "Effect": "Deny", "Action": [INVOKE], **asked},
        {"Sid": "NoPlaintext", "Effect": "Deny", "Action": ["kms:Decrypt", "kms:ReEncryptFrom"], **opened},
        {
            "Sid": "NoObjects",
            "Effect": "Deny",
            "Action": ["s3:GetObject*"],
            "NotResource": f"arn:{partition}:s3:::{state.bucket}/.pulumi/*",
        },
    ]
    if state.key_arn and not decrypted:
        directly = {"StringNotLike": through("s3", partition)}
        denied.append(deny("NoSecretsOfState", ["kms:Decrypt"], state.key_arn, Condition=directly))
    return denied
