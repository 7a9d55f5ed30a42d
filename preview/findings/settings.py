"""What a stack's settings promise but its resources do not keep: advice that needs no AWS account.

Every rule is a pure function over the settings and the servers that they declare; what is plainly wrong never gets
here, `infra.rules.stack` refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from infra.instances import Instances
from infra.settings.model import Settings
from knowledge.postgres.log_format import deaf
from preview.findings.objectives import objectives
from preview.plan import PreviewFinding

Rule = Callable[[Settings, Instances], Iterator[PreviewFinding]]


def findings(settings: Settings, instances: Instances) -> tuple[PreviewFinding, ...]:
    """Every finding, the severe first."""
    order = {"error": 0, "warning": 1, "info": 2}
    found = (finding for rule in _RULES for finding in rule(settings, instances))
    return tuple(sorted(found, key=lambda finding: (order[finding.severity], finding.rule, finding.resource)))


def unread(sentences: Iterable[str]) -> tuple[PreviewFinding, ...]:
    """What the stack's file keeps from a preview without the engine."""
    return tuple(
        PreviewFinding(severity="info", rule="setting-unread", resource=sentence.partition(" is ")[0], message=sentence)
        for sentence in sentences
    )


def _nobody_is_notified(settings: Settings, _: Instances) -> Iterator[PreviewFinding]:
    for severity in ("critical", "warning"):
        if not getattr(settings.notify, severity):
            yield PreviewFinding(
                severity="warning" if settings.protect else "info",
                rule="notify-nobody",
                resource=f"{severity} topic",
                message=f"nobody subscribes: these alarms ring unheard. Set data-tier:notify.{severity}.",
            )


def _nobody_may_connect(settings: Settings, _: Instances) -> Iterator[PreviewFinding]:
    if not settings.network.clients:
        yield PreviewFinding(
            severity="warning" if settings.protect else "info",
            rule="network-no-clients",
            resource="firewall",
            message="only the bootstrap may connect. Name the application (sg-... or a network) in "
            "data-tier:network.clients.",
        )


def _smaller_replica(_: Settings, instances: Instances) -> Iterator[PreviewFinding]:
    primary = instances.primary
    for name, replica in instances.replicas.items():
        if replica.size.memory_gib < primary.size.memory_gib:
            yield PreviewFinding(
                severity="warning",
                rule="replica-smaller",
                resource=name,
                message=f"{replica.instance_class} is smaller than the primary's {primary.instance_class}: it may lag.",
            )


def _burstable(settings: Settings, instances: Instances) -> Iterator[PreviewFinding]:
    classes = {instances.primary.name: instances.primary.size.burstable}
    classes |= {name: cache.size.burstable for name, cache in instances.caches.items()}
    for name, burstable in classes.items():
        if burstable and settings.protect:
            yield PreviewFinding(
                severity="warning",
                rule="burstable-in-production",
                resource=name,
                message="a burstable class slows to its baseline once its CPU credits are spent.",
            )


def _deaf_log_alarms(_: Settings, instances: Instances) -> Iterator[PreviewFinding]:
    for server in instances.databases:
        # A replica's own alone: what its primary has is said there.
        before = server.primary.overrides if server.primary else {}
        own = {key: str(value) for key, value in server.overrides.items() if before.get(key) != value}
        for parameter, missing in deaf(own).items():
            yield PreviewFinding(
                severity="warning",
                rule="log-alarms-deaf",
                resource=server.name,
                message=f"{parameter} makes the alarms on the log deaf: {missing}. Leave it at RDS's default.",
            )


def _single_node(settings: Settings, instances: Instances) -> Iterator[PreviewFinding]:
    for name, cache in instances.caches.items():
        if settings.protect and not cache.replicas:
            yield PreviewFinding(
                severity="warning",
                rule="cache-single-node",
                resource=name,
                message=f"no replica: a lost node loses its data. Set data-tier:redis.{name}.replicas.",
            )


_RULES: tuple[Rule, ...] = (
    _nobody_is_notified,
    _nobody_may_connect,
    _smaller_replica,
    _burstable,
    _single_node,
    lambda settings, _: objectives(settings),
    _deaf_log_alarms,
)
