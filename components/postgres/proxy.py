"""RDS Proxy in front of the primary: pooled connections for named identities, TLS only. The bootstrap bypasses it.

A proxy serves only the writer, listens on 5432 whatever the instance's port is, passes no CancelRequest, and holds a
connection for one client as long as the session has state of its own (SET, PREPARE, LISTEN, temporary tables,
nextval(), session advisory locks, statements over 16 KB: RDS User Guide, rds-proxy-pinning). Migrations and the proof
of access have all of that, so they use the instance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.firewall import check_peers, slug
from components.network.rules import egress, ingress
from components.policy import Statement, allow, called, document, trust
from components.refuse import refuse
from knowledge import limits

PORT = 5432
"""Every proxy for PostgreSQL (RDS User Guide, rds-proxy)."""


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    """Whom it serves, and how it shares the instance's connections out."""

    prefix: str
    """Prefix of the names: the proxy is `<prefix>-proxy`."""
    region: pulumi.Input[str]
    """Region of the secrets."""
    vpc_id: pulumi.Input[str]
    """VPC of the instance."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets in at least two zones, other than use1-az3 and usw1-az2, where RDS Proxy is not available."""
    instance_identifier: pulumi.Input[str]
    """The primary."""
    database_security_group_id: pulumi.Input[str]
    """Security group of the instance, which lets the proxy in."""
    database_port: int = 5432
    """Port of the instance."""
    clients: Sequence[str] = ()
    """Security groups (`sg-...`) and ranges that may reach the proxy."""
    secret_arns: Mapping[str, pulumi.Input[str]]
    """Identity -> secret with `username` and `password`, up to 200. They must be filled before the proxy is made."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    iam: bool = False
    """Whether clients log in to the proxy by IAM token in place of the password; behind it the secret is used."""
    max_connections_percent: int = 80
    """Share of max_connections that the proxy may take; the rest is for the bootstrap, replicas and people."""
    max_idle_percent: int = 40
    """Share of max_connections that it keeps open unused."""
    borrow_timeout: int = 120
    """Seconds that a client waits for a connection, up to 300."""
    idle_client_timeout: int = 1800
    """Seconds after which a silent client is cut off, up to 28800."""
    init_query: str | None = None
    """Statements run on each new connection, such as a SET that all clients would send, each pinning its session."""

    def __post_init__(self) -> None:
        """Refuse what RDS refuses, before anything is made. Raise ValueError."""
        if not 1 <= len(self.secret_arns) <= 200:
            raise ValueError(f"proxy: {len(self.secret_arns)} secrets; RDS Proxy takes 1 to 200")
        refuse(
            "proxy",
            max_connections_percent=limits.PROXY_CONNECTIONS.problem(self.max_connections_percent),
            max_idle_percent=limits.idle_problem(self.max_idle_percent, self.max_connections_percent),
            borrow_timeout=limits.PROXY_BORROW.problem(self.borrow_timeout),
            idle_client_timeout=limits.PROXY_CLIENT.problem(self.idle_client_timeout),
        )
        check_peers("proxy: clients", self.clients)


class Proxy(pulumi.ComponentResource):
    """Proxy, role, security group, target group and target."""

    endpoint: pulumi.Output[str]
    """Host name; the port is `PORT`."""
    arn: pulumi.Output[str]
    """ARN of the proxy."""
    security_group_id: pulumi.Output[str]
    """Security group of the proxy."""

    def __init__(self, name: str, args: ProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the proxy with its role, security group rules, target group and target."""
        super().__init__("data-tier:index:Proxy", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        group, rules = self._firewall()
        role, policy = self._role()
        proxy = aws.rds.Proxy(
            f"{name}-proxy",
            name=f"{args.prefix}-proxy",
            engine_family="POSTGRESQL",
            role_arn=role.arn,
            vpc_subnet_ids=args.subnet_ids,
            vpc_security_group_ids=[group.id],
            auths=[auth(identity, arn, iam=args.iam) for identity, arn in sorted(args.secret_arns.items())],
            require_tls=True,
            idle_client_timeout=args.idle_client_timeout,
            debug_logging=False,  # would write statements, and what stands in them, to the log
            # The name is fixed; and what goes first takes target group and target along, see below.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[policy, *rules, *_waited(opts)], delete_before_replace=True
            ),
        )
        # Both hang on the proxy's name, which stays when it is replaced: without the option they would be thought to
        # be there still, and the new proxy would serve nothing (pulumi-aws, rds.ProxyDefaultTargetGroup).
        with_proxy = pulumi.ResourceOptions(parent=self, replace_with=[proxy])
        targets = aws.rds.ProxyDefaultTargetGroup(
            f"{name}-targets",
            db_proxy_name=proxy.name,
            connection_pool_config=aws.rds.ProxyDefaultTargetGroupConnectionPoolConfigArgs(
                max_connections_percent=args.max_connections_percent,
                max_idle_connections_percent=args.max_idle_percent,
                connection_borrow_timeout=args.borrow_timeout,
                init_query=args.init_query,
            ),
            opts=with_proxy,
        )
        target = aws.rds.ProxyTarget(
            f"{name}-target",
            db_proxy_name=proxy.name,
            target_group_name=targets.name,
            db_instance_identifier=args.instance_identifier,
            opts=with_proxy,
        )
        # Through the target, so that users of the endpoint find a database behind it.
        self.endpoint = pulumi.Output.all(proxy.endpoint, target.id).apply(lambda both: str(both[0]))
        self.arn, self.security_group_id = proxy.arn, group.id
        self.register_outputs({"endpoint": self.endpoint, "arn": self.arn, "security_group_id": self.security_group_id})

    def _firewall(self) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
        """Clients to the proxy, the proxy to the instance, nothing else."""
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            name=f"{args.prefix}-proxy",
            description="RDS Proxy",
            vpc_id=args.vpc_id,
            tags={"Name": f"{args.prefix}-proxy"},
            opts=self._child,
        )
        for client in args.clients:
            key, text = f"{name}-from-{slug(client)}", f"RDS Proxy from {client}"
            ingress(key, group.id, PORT, client, text, self._child)
        database, port = args.database_security_group_id, args.database_port
        out = egress(f"{name}-to-database", group.id, port, database, "RDS Proxy to PostgreSQL", self._child)
        into = ingress(f"{name}-into-database", database, port, group.id, "PostgreSQL from RDS Proxy", self._child)
        return group, [out, into]

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        role = aws.iam.Role(
            f"{self._name}-role",
            name=f"{self._args.prefix}-proxy",
            description="RDS Proxy reads the secrets of those it serves",
            # No condition: RDS Proxy supports no global condition keys (RDS User Guide, rds-proxy, limitations).
            assume_role_policy=trust("rds.amazonaws.com"),
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-policy", role=role.name, policy=document(*permissions(self._args)), opts=self._child
        )
        return role, policy


def auth(identity: str, secret_arn: pulumi.Input[str], *, iam: bool) -> aws.rds.ProxyAuthArgs:
    """One login. The secret names it, so that the proxy follows a rotation to the sibling login."""
    return aws.rds.ProxyAuthArgs(
        auth_scheme="SECRETS",
        description=identity,
        secret_arn=secret_arn,
        iam_auth="REQUIRED" if iam else "DISABLED",
        client_password_auth_type=None if iam else "POSTGRES_SCRAM_SHA_256",
    )


def permissions(args: ProxyArgs) -> list[Statement]:
    """The secrets of those it serves, and their key by way of Secrets Manager alone."""
    return [
        allow(
            "Secrets", ["secretsmanager:GetSecretValue"], [args.secret_arns[name] for name in sorted(args.secret_arns)]
        ),
        allow(
            "SecretsKey",
            ["kms:Decrypt"],
            args.secrets_key_arn,
            Condition={"StringEquals": {"kms:ViaService": called("secretsmanager", args.region)}},
        ),
    ]


def _waited(opts: pulumi.ResourceOptions | None) -> list[pulumi.Resource]:
    """What the component itself depends on: a component's option reaches its children only so."""
    found = opts.depends_on if opts and opts.depends_on else []
    return list(found) if isinstance(found, list) else [found]  # type: ignore[list-item]
