"""Controls that no rule implements, each with the reason. Together with those of the rules it is every control of
Security Hub's Foundational Security Best Practices for the services in use, and cdk-nag's AwsSolutions for them.

Sources: docs.aws.amazon.com/securityhub/latest/userguide, its pages of controls by service,
and github.com/cdklabs/cdk-nag, RULES.md.
"""

_AURORA = "about Aurora and Multi-AZ clusters, which no component makes"
_OTHER_ENGINES = "about another engine than PostgreSQL"
_ACCOUNT = "a setting of the account or of a running resource: Security Hub sees it, a program does not"
_TAGS = "the stack tags all that it makes as its own; more tags are the provider's defaults, the account's convention"
_PORT = "not adopted: another port hides nothing from those who can reach it, and every client would have to be changed"
_NOT_MADE = "no component makes one"

UNCOVERED: dict[str, str] = {
    "Backup.2": _TAGS,
    "Backup.3": _TAGS,
    "Backup.4": _NOT_MADE,
    "Backup.5": _TAGS,
    "ElastiCache.2": (
        "not adopted: after an automatic minor upgrade the declared version is the lower one, and the provider "
        "replaces a cache whose version goes down: cache-version-held. Patches come as service updates all the same"
    ),
    "RDS.1": _ACCOUNT,
    "RDS.4": "snapshots of an encrypted instance are encrypted: rds-encrypted",
    "RDS.7": _AURORA,
    "RDS.12": _AURORA,
    "RDS.14": _AURORA,
    "RDS.15": _AURORA,
    "RDS.16": _AURORA,
    "RDS.19": _AURORA,
    "RDS.21": "parameter groups change by a deployment alone, which is reviewed",
    "RDS.22": "about EC2-Classic's database security groups",
    "RDS.23": _PORT,
    "RDS.24": _AURORA,
    "RDS.27": _AURORA,
    "RDS.34": _AURORA,
    "RDS.35": _AURORA,
    "RDS.37": _AURORA,
    "RDS.39": _OTHER_ENGINES,
    "RDS.40": _OTHER_ENGINES,
    "RDS.41": _OTHER_ENGINES,
    "RDS.42": _OTHER_ENGINES,
    "RDS.44": _OTHER_ENGINES,
    "RDS.45": _AURORA,
    "RDS.46": "subnets give no public address and have no route to the internet: network-no-public-address",
    "RDS.47": _AURORA,
    "RDS.48": _AURORA,
    "RDS.50": _AURORA,
    "SNS.3": _TAGS,
    "SecretsManager.1": "rotation is the bootstrap's: `datatier access rotate`, with two sibling logins",
    "SecretsManager.2": _ACCOUNT,
    "SecretsManager.3": _ACCOUNT,
    "SecretsManager.4": "rotation is the bootstrap's: `datatier access rotate --older-than 30d`",
    "SecretsManager.5": _TAGS,
    "Lambda.6": _TAGS,
    "Lambda.7": "the runner works for seconds at each deployment; its report says more than a trace",
    "S3.1": _ACCOUNT,
    "S3.6": "a bucket policy names no other account: bucket-tls reads it",
    "S3.9": "access is in CloudTrail's data events, which are the account's",
    "S3.19": _NOT_MADE,
    "S3.24": _NOT_MADE,
    "EC2.13": "no rule lets port 22 in: network-no-open-ingress",
    "EC2.14": "no rule lets port 3389 in: network-no-open-ingress",
    "EC2.10": "the runner needs no EC2 API",
    "EC2.21": "network ACLs are left at the VPC's default: the security groups decide",
    "EC2.22": _ACCOUNT,
    "CloudWatch.16": "asks for a year; retention is a setting of the stack, and set in any case: log-retention",
    "AwsSolutions-RDS11": _PORT,
    "AwsSolutions-RDS14": _AURORA,
    "AwsSolutions-RDS15": _AURORA,
    "AwsSolutions-RDS16": _AURORA,
    "AwsSolutions-AEC2": "about Memcached and clusters outside of a replication group",
    "AwsSolutions-AEC5": _PORT,
    "AwsSolutions-SMG4": "rotation is the bootstrap's: `datatier access rotate`",
    "AwsSolutions-S1": "access is in CloudTrail's data events, which are the account's",
    "AwsSolutions-S5": "about buckets behind CloudFront",
    "AwsSolutions-VPC3": "no network ACL is made",
}
