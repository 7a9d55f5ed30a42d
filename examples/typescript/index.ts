// The data tier from TypeScript, with the SDK that `pulumi install` makes of the components' schema.
import * as tier from "@pulumi/data-tier";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const region = config.get("region") ?? "eu-west-1";
const place = { accountId: config.require("account"), region };
const prefix = "shop-dev";

// What makes sense for every class; infra/sizes.py computes the others from the class, for Python programs.
const parameters = [
    { name: "log_min_duration_statement", value: "1000", applyMethod: tier.ApplyMethod.IMMEDIATE },
    { name: "rds.force_ssl", value: "1", applyMethod: tier.ApplyMethod.IMMEDIATE },
];

const keys = new tier.Keys("keys", { prefix, ...place });
const network = new tier.Network("network", {
    prefix,
    ...place,
    cidr: "10.20.0.0/20",
    availabilityZones: [`${region}a`, `${region}b`],
    logsKeyArn: keys.logsArn,
});
const firewall = new tier.Firewall("firewall", {
    prefix,
    vpcId: network.vpcId,
    clients: ["10.20.0.0/20"],
    endpointSecurityGroupId: network.endpointSecurityGroupId.apply((id) => id ?? ""),
});
const notifications = new tier.Notifications("notifications", {
    prefix,
    ...place,
    keyArn: keys.notificationsArn,
    recipients: { critical: [{ kind: "email", endpoint: config.get("oncall") ?? "oncall@example.org" }] },
});
const credentials = new tier.Credentials("credentials", {
    prefix,
    masterUsername: "shop_admin",
    database: "shop",
    identities: ["shop_app"],
    secretsKeyArn: keys.secretsArn,
});

const postgres = new tier.Postgres("postgres", {
    identifier: prefix,
    accountId: place.accountId,
    instanceClass: "db.t4g.medium",
    parameters,
    database: "shop",
    username: "shop_admin",
    password: credentials.masterPassword,
    allocatedStorage: 50,
    maxAllocatedStorage: 200,
    subnetIds: network.subnetIds,
    securityGroupIds: [firewall.databaseId],
    storageKeyArn: keys.storageArn,
    logsKeyArn: keys.logsArn,
    replicas: { reporting: { instanceClass: "db.t4g.medium", parameters, maxAllocatedStorage: 200 } },
    backupWindow: "01:00-01:30",
    maintenanceWindow: "sun:03:00-sun:04:00",
    eventTopicArns: { warning: notifications.topicArns.warning },
});
const cache = new tier.Redis("cache", {
    replicationGroupId: `${prefix}-main`,
    version: "8.1",
    family: "valkey8",
    nodeType: "cache.t4g.small",
    parameters: [{ name: "maxmemory-policy", value: "allkeys-lru", applyMethod: tier.ApplyMethod.IMMEDIATE }],
    replicas: 1,
    multiAz: true,
    subnetIds: network.subnetIds,
    securityGroupIds: [firewall.cacheId],
    storageKeyArn: keys.storageArn,
    logsKeyArn: keys.logsArn,
    snapshotWindow: "03:00-04:00",
    maintenanceWindow: "sun:05:00-sun:06:00",
    notificationTopicArn: notifications.cacheEventsArn,
});

new tier.Alarms("alarms", {
    prefix,
    topicArns: { critical: notifications.topicArns.critical, warning: notifications.topicArns.warning },
    targets: {
        primary: {
            dimension: "DBInstanceIdentifier",
            id: postgres.identifier,
            alarms: [
                {
                    key: "storage-low",
                    metric: "FreeStorageSpace",
                    namespace: "AWS/RDS",
                    statistic: "Minimum",
                    comparison: tier.Comparison.BELOW,
                    threshold: 2684354560, // 5 % of 50 GiB: RDS grows the volume at 10 %
                    period: 300,
                    evaluationPeriods: 3,
                    datapoints: 3,
                    missing: tier.MissingData.BREACHING,
                    severity: tier.Severity.CRITICAL,
                    meaning: "The volume is nearly full and does not grow.",
                    firstSteps: [
                        "See whether the volume has reached maxAllocatedStorage, or grew within the last six hours.",
                        "Find what fills it with pg_total_relation_size and pg_replication_slots.",
                        "Raise maxAllocatedStorage.",
                    ],
                    runbook: "docs/runbooks/postgres-storage.md",
                    source: "half of where RDS begins to grow it",
                },
            ],
        },
        reporting: {
            dimension: "DBInstanceIdentifier",
            id: postgres.replicas.apply((replicas) => replicas.reporting.identifier),
            alarms: [
                {
                    key: "replica-lag",
                    metric: "ReplicaLag",
                    namespace: "AWS/RDS",
                    statistic: "Maximum",
                    comparison: tier.Comparison.ABOVE,
                    threshold: 300,
                    period: 60,
                    evaluationPeriods: 10,
                    datapoints: 10,
                    missing: tier.MissingData.BREACHING,
                    severity: tier.Severity.WARNING,
                    meaning: "The replica is minutes behind, or has stopped.",
                    firstSteps: [
                        "See whether a long query on the replica holds it up (pg_stat_activity).",
                        "See whether the primary writes more than the replica's class can take.",
                        "Give the replica the primary's class.",
                    ],
                    runbook: "docs/runbooks/postgres-replication.md",
                    source: "what a report may be late",
                },
            ],
        },
        "cache-1": {
            dimension: "CacheClusterId",
            id: cache.nodes[0],
            alarms: [
                {
                    key: "memory-full",
                    metric: "DatabaseMemoryUsagePercentage",
                    namespace: "AWS/ElastiCache",
                    statistic: "Average",
                    comparison: tier.Comparison.ABOVE,
                    threshold: 95,
                    period: 300,
                    evaluationPeriods: 3,
                    datapoints: 3,
                    missing: tier.MissingData.BREACHING,
                    severity: tier.Severity.WARNING,
                    meaning: "The cache is full and evicts keys before their time.",
                    firstSteps: [
                        "See what grew (MEMORY STATS, and --bigkeys on a replica).",
                        "See whether keys lack a time to live.",
                        "Take a larger node type.",
                    ],
                    runbook: "docs/runbooks/redis-memory.md",
                    source: "under allkeys-lru evictions begin at 100 %",
                },
            ],
        },
    },
});

export const writer = postgres.address;
export const reader = postgres.replicas.apply((replicas) => replicas.reporting.address);
export const endpoint = cache.endpoint;
