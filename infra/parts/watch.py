"""What is watched: every instance and cache node with the alarms that its class, size and parameters give."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.alarms.dashboard import Dashboard, DashboardArgs
from components.alarms.server_alarms import Alarms, AlarmsArgs
from components.alarms.target import AlarmTarget
from components.postgres.primary import Postgres
from infra.instances import DatabaseInstance
from infra.parts.site import Site
from knowledge.alarms.facts import INSTANCE
from knowledge.alarms.spec import AlarmSpec


def watched(site: Site, proven: pulumi.Resource) -> pulumi.Output[str]:
    """Make the alarms, of each region in that region, and the dashboard; returns the dashboard's address.

    The alarms come after `proven`, which has logged in to every server: one that treats silence as a fault is in ALARM
    from its first evaluation where its server has published nothing yet.
    """
    servers = targets(site)
    after = pulumi.ResourceOptions(depends_on=[proven])
    topics = site.notifications.topic_arns
    alarms = Alarms("alarms", AlarmsArgs(prefix=site.prefix, targets=servers, topic_arns=topics), after)
    arns, pages, regions = dict(alarms.arns), dict(alarms.page_arns), dict[str, str]()
    for name, target in remote_targets(site).items():
        remote = site.remotes[name]
        region = remote.replica.region
        there = Alarms(
            f"alarms-{name}",
            AlarmsArgs(prefix=site.prefix, targets={name: target}, topic_arns=remote.topic_arns, region=region),
            after,
        )
        servers[name], regions[name] = target, region
        arns |= there.arns
        pages |= there.page_arns
    return Dashboard(
        "dashboard",
        DashboardArgs(
            name=site.prefix,
            region=site.place["region"],
            partition=site.place["partition"],
            targets=servers,
            regions=regions,
            alarm_arns=arns,
            page_arns=pages,
        ),
    ).url


def targets(site: Site) -> dict[str, AlarmTarget]:
    """Server -> its alarms; a cache as a whole and `stack` too, where something of them is looked at.

    A replica in another region is watched there, not here: alarms see one region.
    """
    facts = site.instances.facts
    found = {
        each.name: _instance(site.postgres, each, facts.get(each.name, ()))
        for each in site.instances.databases
        if not each.elsewhere
    }
    for name, cache in site.instances.caches.items():
        for node, cluster in zip(cache.nodes, site.caches[name].nodes, strict=True):
            found[node] = AlarmTarget(dimension="CacheClusterId", id=cluster, alarms=cache.alarms, page=name)
    whole = {name: alarms for name, alarms in facts.items() if name not in found}
    found |= {name: AlarmTarget(dimension=INSTANCE, id=site.prefix, alarms=alarms) for name, alarms in whole.items()}
    return found


def remote_targets(site: Site) -> dict[str, AlarmTarget]:
    """Replicas in other regions, each watched in its own."""
    return {name: _instance(site.postgres, each) for name, each in site.instances.replicas.items() if each.elsewhere}


def _instance(postgres: Postgres, instance: DatabaseInstance, facts: Sequence[AlarmSpec] = ()) -> AlarmTarget:
    server = postgres.replicas[instance.name] if instance.primary else postgres
    follows = instance.primary is not None and not instance.elsewhere
    return AlarmTarget(
        dimension="DBInstanceIdentifier",
        id=server.identifier,
        alarms=[*instance.alarms, *facts],
        primary=postgres.identifier if follows else None,
        resource_id=server.resource_id,
        log_group=server.log_group,
        # A replica without its primary has stopped too: that is the primary's page, not one more.
        silenced_by="primary-down" if follows else None,
    )
