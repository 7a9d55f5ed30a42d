"""The replicas of the settings as the postgres component wants them, with what a second region needs made there."""

from __future__ import annotations

from components import names
from components.remote import Remote, RemoteSiteArgs
from components.replica import ReplicaSpec
from infra import sizes
from infra.notify import recipients
from infra.sections import Replica
from infra.settings import Settings


def remote_sites(settings: Settings, prefix: str, account_id: str, partition: str) -> dict[str, Remote]:
    """Replica name -> what is made for it in its region."""
    return {
        name: Remote(
            f"remote-{name}",
            RemoteSiteArgs(
                prefix=names.server(prefix, name),
                region=replica.remote.region,
                account_id=account_id,
                partition=partition,
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


def replica_specs(settings: Settings, remotes: dict[str, Remote]) -> dict[str, ReplicaSpec]:
    """Replica name -> what is particular to it."""

    def spec(name: str, replica: Replica) -> ReplicaSpec:
        storage = settings.postgres.storage
        return ReplicaSpec(
            instance_class=replica.class_ or settings.postgres.class_,
            parameters=list(sizes.postgres(settings, replica)),
            availability_zone=replica.zone,
            max_allocated_storage=(replica.max_storage if replica.max_storage is not None else storage.max) or None,
            remote=remotes[name].replica if name in remotes else None,
        )

    return {name: spec(name, replica) for name, replica in settings.postgres.replicas.items()}
