"""What ElastiCache refuses of a replication group, as sentences, before anything is made."""

import re


def problems(
    *,
    replication_group_id: str,
    engine: str,
    version: str,
    family: str,
    node_type: str,
    replicas: int,
    shards: int | None,
    multi_az: bool,
    cluster_enabled: bool,
    snapshot_retention_days: int,
) -> list[str]:
    """Return one sentence for each thing that ElastiCache would refuse, or change silently."""
    found = []
    if not re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]{0,38}[a-z0-9]", replication_group_id):
        found.append(
            f"replication_group_id {replication_group_id!r} must be 2 to 40 lower-case letters, digits and single "
            "hyphens, starting with a letter and not ending in a hyphen (ElastiCache lowers the rest silently)"
        )
    if engine not in ("valkey", "redis"):
        found.append(f"engine {engine!r} is neither valkey nor redis (lower case)")
    elif not family.startswith(engine):
        found.append(f"family {family!r} is not one of engine {engine}")
    if not re.fullmatch(r"\d+\.\d+", version):
        found.append(f"version {version!r} must be major.minor, e.g. 8.1: patches come by themselves")
    if not 0 <= replicas <= 5:
        found.append(f"replicas is {replicas}; ElastiCache takes 0 to 5 per primary")
    if multi_az and replicas == 0:
        found.append("multi_az needs one replica at least: with none there is nothing in the other zone")
    if shards is not None and not 1 <= shards <= 500:
        found.append(f"shards is {shards}; ElastiCache takes 1 to 500")
    elif shards is not None and shards * (replicas + 1) > 500:
        found.append(f"{shards} shards of {replicas + 1} nodes are {shards * (replicas + 1)} nodes; the limit is 500")
    if cluster_enabled and shards is None:
        found.append("parameters set cluster-enabled = yes, but shards is absent; give shards or drop the parameter")
    if shards is not None and not cluster_enabled:
        found.append("shards is set, but parameters lack cluster-enabled = yes; compute them for cluster mode")
    if not 0 <= snapshot_retention_days <= 35:
        found.append(f"snapshot_retention_days is {snapshot_retention_days}; ElastiCache takes 0 to 35")
    if not node_type.startswith("cache."):
        found.append(f"node_type {node_type!r} does not start with `cache.`")
    return found
