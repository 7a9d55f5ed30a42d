"""What a preview never reads, whatever is attached to its role later: secrets' values, data, plaintext of keys."""

from components.policy import Statement, deny
from components.state import State

# Actions whose answers hold data rather than settings.
DATA = (
    "dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan", "elasticache:Connect", "lambda:InvokeFunction",
    "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartQuery",
    "rds-data:*", "rds-db:connect", "rds:DownloadCompleteDBLogFile", "rds:DownloadDBLogFilePortion",
    "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter*",
)  # fmt: skip


def unread(state: State, partition: str) -> list[Statement]:
    """Denials; the state's own objects and key are left out of them."""
    key = {"NotResource": state.key_arn} if state.key_arn else {"Resource": "*"}
    return [
        deny("NoData", DATA, "*"),
        {"Sid": "NoPlaintext", "Effect": "Deny", "Action": ["kms:Decrypt", "kms:ReEncryptFrom"], **key},
        {
            "Sid": "NoObjects",
            "Effect": "Deny",
            "Action": ["s3:GetObject*"],
            "NotResource": f"arn:{partition}:s3:::{state.bucket}/.pulumi/*",
        },
    ]
