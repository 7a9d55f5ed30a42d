"""Lambda and IAM."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    FUNCTION,
    FUNCTION_ALIAS,
    INVOCATION,
    INVOKE_CONFIG,
    OIDC_PROVIDER,
    PERMISSION,
    POLICY,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
)

KINDS = {
    ROLE: Kind(
        source="iam/role.go",
        id="{name}",
        arn="iam::role{path}{name}",
        replaces={"name", "namePrefix", "path"},
        defaults={"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"},
        kept={"inlinePolicies", "managedPolicyArns", "namePrefix"},
        untold={"forceDetachPolicies": None},
    ),
    ROLE_POLICY: Kind(
        source="iam/role_policy.go",
        id="{role}:{name}",
        replaces={"name", "namePrefix", "role"},
        kept={"namePrefix"},
    ),
    ROLE_POLICY_ATTACHMENT: Kind(
        source="iam/role_policy_attachment.go",
        id="{role}/{policyArn}",
        named="",
        replaces={"policyArn", "role"},
    ),
    POLICY: Kind(
        source="iam/policy.go",
        id="{arn}",
        arn="iam::policy{path}{name}",
        replaces={"description", "name", "namePrefix", "path"},
        defaults={"path": "/"},
        kept={"namePrefix"},
    ),
    OIDC_PROVIDER: Kind(
        source="iam/openid_connect_provider.go",
        id="{arn}",
        arn="iam::oidc-provider/{host}",
        named="",
        replaces={"url"},
        kept={"thumbprintLists"},
    ),
    FUNCTION: Kind(
        source="lambda/function.go",
        id="{name}",
        arn="lambda:function:{name}",
        replaces={"name", "packageType"},
        defaults={
            "memorySize": 128,
            "packageType": "Zip",
            "publish": False,
            "reservedConcurrentExecutions": -1,
            "skipDestroy": False,
            "timeout": 3,
        },
        kept={"architectures", "codeSha256", "ephemeralStorage", "loggingConfig", "sourceCodeHash", "tracingConfig"},
    ),
    FUNCTION_ALIAS: Kind(
        source="lambda/alias.go",
        id="{arn}",
        arn="lambda:function:{functionName}:{name}",
        replaces={"functionName", "name"},
    ),
    PERMISSION: Kind(
        source="lambda/permission.go",
        id="{name}",
        named="statementId",
        replaces={
            "action",
            "eventSourceToken",
            "function",
            "functionUrlAuthType",
            "principal",
            "principalOrgId",
            "qualifier",
            "sourceAccount",
            "sourceArn",
            "statementId",
            "statementIdPrefix",
        },
        kept={"statementIdPrefix"},
    ),
    INVOKE_CONFIG: Kind(
        source="lambda/function_event_invoke_config.go",
        id="{functionName}",
        named="",
        replaces={"functionName", "qualifier"},
    ),
    # in the scope CREATE_ONLY a new payload or trigger is a new invocation
    INVOCATION: Kind(
        source="lambda/invocation.go",
        id="{functionName},$LATEST,{hex32}",
        named="",
        replaces={"functionName", "input", "lifecycleScope", "qualifier", "triggers"},
        defaults={"lifecycleScope": "CREATE_ONLY", "qualifier": "$LATEST", "terraformKey": "tf"},
    ),
}
