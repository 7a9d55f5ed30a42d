"""Keys, network, firewall, topics and secrets: what the servers stand on."""

from __future__ import annotations

from bootstrap.access import Access
from components.credentials import Credentials, CredentialsArgs, token_name
from components.keys import Keys, KeysArgs
from components.network.firewall import Firewall, FirewallArgs
from components.network.vpc import Network, NetworkArgs
from components.notifications.args import SEVERITIES, NotificationsArgs
from components.notifications.topics import Notifications
from components.postgres.remote import Remote, RemoteSiteArgs
from infra.instances import DatabaseInstance, Instances, copies
from infra.parts.copies import exports_to, reached
from infra.parts.notify import recipients
from infra.parts.site import Foundation, StackPlace, other_ports, secret_days
from infra.parts.zones import zones
from infra.settings.model import Settings
from knowledge.networks import ENDPOINTS


def foundation(instances: Instances, settings: Settings, access: Access, place: StackPlace) -> Foundation:
    """Make the keys, the network, the firewall, the topics and the secrets."""
    keys = Keys(
        "keys",
        KeysArgs(
            prefix=instances.prefix,
            existing_instances=[each.identifier for each in instances.databases if _renamed(each)],
            exports_to=exports_to(settings, instances.prefix, place),
            deletion_window_days=settings.keys.deletion_window,
            snapshots_stay=settings.final_snapshots,
            protect=settings.protect,
            **place,
        ),
    )
    network = Network("network", _network(instances, settings, keys, place))
    firewall = Firewall(
        "firewall",
        FirewallArgs(
            prefix=instances.prefix,
            vpc_id=network.vpc_id,
            clients=list(settings.network.clients),
            database_port=settings.postgres.port,
            cache_port=settings.cache_port,
            other_cache_ports=other_ports(instances, settings),
            endpoint_security_group_id=network.endpoint_security_group_id,
            endpoint_clients=list(settings.network.endpoint_clients),
            endpoint_cidrs=settings.network.endpoint_cidrs,
            endpoint_groups=settings.network.endpoint_groups,
        ),
    )
    remotes = _remotes(instances, settings, place)
    notifications = Notifications(
        "notifications",
        NotificationsArgs(
            prefix=instances.prefix,
            key_arn=keys.notifications_arn,
            recipients=recipients(settings.notify),
            chat_topic_arns={s: [each.topic_arns[s] for each in remotes.values()] for s in SEVERITIES},
            **place,
        ),
    )
    return Foundation(
        instances=instances,
        settings=settings,
        access=access,
        place=place,
        keys=keys,
        network=network,
        firewall=firewall,
        remotes=remotes,
        notifications=notifications,
        credentials=_credentials(instances, settings, access, keys),
    )


def _credentials(instances: Instances, settings: Settings, access: Access, keys: Keys) -> Credentials:
    existing = _existing_secrets(instances, settings)
    return Credentials(
        "credentials",
        CredentialsArgs(
            prefix=instances.prefix,
            master_username=settings.postgres.master,
            database=settings.postgres.database,
            identities=sorted(access.identities),
            token_caches=[name for name, cache in instances.caches.items() if not cache.users],
            existing_arns={key: arn for key, arn in existing.items() if arn},
            existing_passwords=[key for key, arn in existing.items() if not arn],
            secrets_key_arn=keys.secrets_arn,
            password_length=settings.passwords.length,
            password_special=settings.passwords.special,
            recovery_window_days=secret_days(settings),
            protect=settings.protect,
        ),
    )


def _existing_secrets(instances: Instances, settings: Settings) -> dict[str, str | None]:
    """Secret of a server that was there before the stack -> its ARN, if it has one."""
    primary = settings.postgres.existing
    master = {"master": primary.master_secret} if primary else {}
    caches = instances.caches.values()
    tokens = {token_name(each.name): each.existing.token_secret for each in caches if each.existing and not each.users}
    return {**master, **tokens}


def _network(instances: Instances, settings: Settings, keys: Keys, place: StackPlace) -> NetworkArgs:
    network = settings.network
    # The restore test gives its verdict to AWS Backup.
    services = [*ENDPOINTS, *(["backup"] if settings.backup and settings.backup.restore_test else [])]
    if network.vpc:
        return NetworkArgs(
            prefix=instances.prefix,
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            endpoints=[] if network.endpoints else services,
            shared=bool(network.endpoint_clients),
            **place,
        )
    return NetworkArgs(
        prefix=instances.prefix,
        cidr=network.cidr,
        availability_zones=zones(network.zones, place["region"], instances.stack),
        endpoints=services,
        images=_images(settings),
        buckets=reached(settings, instances.prefix, place),
        logs_key_arn=keys.logs_arn,
        log_retention_days=settings.logs.retention,
        **place,
    )


def _images(settings: Settings) -> bool:
    """Whether a task runs on an image."""
    exporter = settings.metrics is not None and settings.metrics.service is not None
    drills = settings.backup is not None and settings.backup.drills is not None
    return exporter or copies(settings) or drills


def _remotes(instances: Instances, settings: Settings, place: StackPlace) -> dict[str, Remote]:
    """Replica name -> what is made for it in its region."""
    return {
        name: Remote(
            f"remote-{name}",
            RemoteSiteArgs(
                prefix=instances.replicas[name].named,
                existing_instance=each.identifier if _renamed(each := instances.replicas[name]) else None,
                region=replica.remote.region,
                account_id=place["account_id"],
                partition=place["partition"],
                vpc_id=replica.remote.vpc,
                subnet_ids=list(replica.remote.subnets),
                clients=list(replica.remote.clients),
                port=settings.postgres.port,
                recipients=recipients(settings.notify),
                deletion_window_days=settings.keys.deletion_window,
                protect=settings.protect,
            ),
        )
        for name, replica in settings.postgres.replicas.items()
        if replica.remote
    }


def _renamed(instance: DatabaseInstance) -> bool:
    """Whether it has another name than a stack gives: it was there before."""
    return instance.identifier != instance.named
