"""The id that AWS's provider gives a resource of each type, and the ARN where the type has one. Data.

An id is what other resources refer to and what `pulumi stack export` holds; for half of the types it is not the name.
Sources: `SetId` in terraform-provider-aws (internal/service/..., the file that each block names); where a newer file of
the provider has no `id` of its own, its form for `import`; ids that AWS draws are of the form in its API references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """How a type is known: `{name}` is its name, `{arn}` its ARN, `{anything}` the input of that name.

    `{hex8}` stands for eight digits that AWS draws, `{uuid}` for its longer ids; `{HEX26}` is in capitals.
    """

    id: str
    arn: str = ""
    """The ARN's service, then its last part: after `:` where it names a region, after `::` where it names none but the
    account, after `:::` where neither. Empty where the type has none."""
    named: str = "name"
    """The input that is the physical name."""


_NAME = Form("{name}")
_BUCKET = Form("{bucket}")
_VAULT = Form("{backupVaultName}")

FORMS: Mapping[str, Form] = {
    # backup/plan.go, selection.go, vault.go, vault_policy.go, vault_lock_configuration.go, vault_notifications.go
    "aws:backup/plan:Plan": Form("{uuid}", "backup:backup-plan:{uuid}"),
    "aws:backup/selection:Selection": Form("{uuid}"),
    "aws:backup/vault:Vault": Form("{name}", "backup:backup-vault:{name}"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": _VAULT,
    "aws:backup/vaultNotifications:VaultNotifications": _VAULT,
    "aws:backup/vaultPolicy:VaultPolicy": _VAULT,
    # backup/restore_testing_plan.go, restore_testing_selection.go (no `id`: as they are imported)
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": Form("{name}", "backup:restore-testing-plan:{name}-{uuid}"),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": Form("{name}:{restoreTestingPlanName}"),
    # chatbot/slack_channel_configuration.go (no `id`: as it is imported)
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": Form(
        "{arn}", "chatbot::chat-configuration/slack-channel/{configurationName}", named="configurationName"
    ),
    # cloudwatch/metric_alarm.go, composite_alarm.go, dashboard.go
    "aws:cloudwatch/metricAlarm:MetricAlarm": Form("{name}", "cloudwatch:alarm:{name}"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Form("{name}", "cloudwatch:alarm:{name}", named="alarmName"),
    "aws:cloudwatch/dashboard:Dashboard": Form("{name}", "cloudwatch::dashboard/{name}", named="dashboardName"),
    # events/rule.go, target.go (the default bus is left out; a target id that is not given is drawn)
    "aws:cloudwatch/eventRule:EventRule": Form("{name}", "events:rule/{name}"),
    "aws:cloudwatch/eventTarget:EventTarget": Form("{rule}-{targetId}"),
    # logs/group.go, metric_filter.go (its name alone, though each group may have one of it), resource_policy.go
    "aws:cloudwatch/logGroup:LogGroup": Form("{name}", "logs:log-group:{name}"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _NAME,
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy": Form("{logGroupName}", named="logGroupName"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Form("{policyName}", named="policyName"),
    # ec2/vpc_*.go
    "aws:ec2/vpc:Vpc": Form("vpc-0{hex16}", "ec2:vpc/{id}"),
    "aws:ec2/subnet:Subnet": Form("subnet-0{hex16}", "ec2:subnet/{id}"),
    "aws:ec2/routeTable:RouteTable": Form("rtb-0{hex16}", "ec2:route-table/{id}"),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": Form("rtb-0{hex16}", "ec2:route-table/{id}"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Form("rtbassoc-0{hex16}"),
    "aws:ec2/route:Route": Form("r-{routeTableId}{hex10}"),
    "aws:ec2/internetGateway:InternetGateway": Form("igw-0{hex16}", "ec2:internet-gateway/{id}"),
    "aws:ec2/natGateway:NatGateway": Form("nat-0{hex16}"),
    "aws:ec2/eip:Eip": Form("eipalloc-0{hex16}", "ec2:elastic-ip/{id}"),
    "aws:ec2/networkAcl:NetworkAcl": Form("acl-0{hex16}", "ec2:network-acl/{id}"),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": Form("acl-0{hex16}", "ec2:network-acl/{id}"),
    "aws:ec2/securityGroup:SecurityGroup": Form("sg-0{hex16}", "ec2:security-group/{id}"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Form("sg-0{hex16}", "ec2:security-group/{id}"),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Form("sgrule-{hex10}"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Form("sgr-0{hex16}", "ec2:security-group-rule/{id}"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Form("sgr-0{hex16}", "ec2:security-group-rule/{id}"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Form("vpce-0{hex16}", "ec2:vpc-endpoint/{id}"),
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": Form("{vpcEndpointId}"),
    "aws:ec2/flowLog:FlowLog": Form("fl-0{hex16}", "ec2:vpc-flow-log/{id}"),
    # elasticache/parameter_group.go, subnet_group.go, replication_group.go, user.go, user_group.go
    "aws:elasticache/parameterGroup:ParameterGroup": Form("{name}", "elasticache:parametergroup:{name}"),
    "aws:elasticache/subnetGroup:SubnetGroup": Form("{name}", "elasticache:subnetgroup:{name}"),
    "aws:elasticache/replicationGroup:ReplicationGroup": Form(
        "{name}", "elasticache:replicationgroup:{name}", named="replicationGroupId"
    ),
    "aws:elasticache/user:User": Form("{name}", "elasticache:user:{name}", named="userId"),
    "aws:elasticache/userGroup:UserGroup": Form("{name}", "elasticache:usergroup:{name}", named="userGroupId"),
    # iam/role.go, role_policy.go, role_policy_attachment.go, policy.go, openid_connect_provider.go
    "aws:iam/role:Role": Form("{name}", "iam::role{path}{name}"),
    "aws:iam/rolePolicy:RolePolicy": Form("{role}:{name}"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Form("{role}/{policyArn}"),
    "aws:iam/policy:Policy": Form("{arn}", "iam::policy{path}{name}"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Form("{arn}", "iam::oidc-provider/{host}"),
    # kms/key.go, alias.go, key_policy.go
    "aws:kms/key:Key": Form("{uuid}", "kms:key/{uuid}"),
    "aws:kms/alias:Alias": Form("{name}", "kms:{name}"),
    "aws:kms/keyPolicy:KeyPolicy": Form("{keyId}", named="keyId"),
    # lambda/function.go, alias.go, permission.go, function_event_invoke_config.go, invocation.go
    "aws:lambda/function:Function": Form("{name}", "lambda:function:{name}"),
    "aws:lambda/alias:Alias": Form("{arn}", "lambda:function:{functionName}:{name}"),
    "aws:lambda/permission:Permission": Form("{name}", named="statementId"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Form("{functionName}"),
    "aws:lambda/invocation:Invocation": Form("{functionName},$LATEST,{hex32}"),
    # rds/instance.go (since 5.0 the resource's id), parameter_group.go, subnet_group.go, event_subscription.go
    "aws:rds/instance:Instance": Form("db-{HEX26}", "rds:db:{name}", named="identifier"),
    "aws:rds/parameterGroup:ParameterGroup": Form("{name}", "rds:pg:{name}"),
    "aws:rds/subnetGroup:SubnetGroup": Form("{name}", "rds:subgrp:{name}"),
    "aws:rds/eventSubscription:EventSubscription": Form("{name}", "rds:es:{name}"),
    # rds/instance_automated_backups_replication.go, proxy.go, proxy_default_target_group.go, proxy_target.go
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": Form(
        "{arn}", "rds:auto-backup:ab-{hex32}"
    ),
    "aws:rds/proxy:Proxy": Form("{name}", "rds:db-proxy:prx-0{hex16}"),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": Form(
        "{dbProxyName}", "rds:target-group:prx-tg-0{hex16}"
    ),
    "aws:rds/proxyTarget:ProxyTarget": Form("{dbProxyName}/{targetGroupName}/RDS_INSTANCE/{dbInstanceIdentifier}"),
    # s3/bucket.go and its neighbours
    "aws:s3/bucket:Bucket": Form("{bucket}", "s3:::{bucket}", named="bucket"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _BUCKET,
    "aws:s3/bucketLogging:BucketLogging": _BUCKET,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": _BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": _BUCKET,
    # secretsmanager/secret.go, secret_version.go, secret_policy.go, secret_rotation.go
    "aws:secretsmanager/secret:Secret": Form("{arn}", "secretsmanager:secret:{name}-{hex6}"),
    "aws:secretsmanager/secretVersion:SecretVersion": Form("{secretId}|{uuid}"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Form("{secretArn}", named="secretArn"),
    "aws:secretsmanager/secretRotation:SecretRotation": Form("{secretId}", named="secretId"),
    # sns/topic.go, topic_policy.go, topic_subscription.go
    "aws:sns/topic:Topic": Form("{arn}", "sns:{name}"),
    "aws:sns/topicPolicy:TopicPolicy": Form("{arn}"),
    "aws:sns/topicSubscription:TopicSubscription": Form("{topic}:{uuid}"),
    # sqs/queue.go, queue_policy.go
    "aws:sqs/queue:Queue": Form("https://sqs.{region}.amazonaws.com/{account}/{name}", "sqs:{name}"),
    "aws:sqs/queuePolicy:QueuePolicy": Form("{queueUrl}"),
    # terraform-provider-random, internal/provider/resource_*.go
    "random:index/randomId:RandomId": Form("{b64Url}"),
    "random:index/randomPassword:RandomPassword": Form("none"),
    "random:index/randomInteger:RandomInteger": Form("{result}"),
    "random:index/randomString:RandomString": Form("{result}"),
    "random:index/randomUuid:RandomUuid": Form("{result}"),
}
