"""A stack from its settings: each part in the order in which it needs the others, and the outputs."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from bootstrap.access import load_access
from infra.instances import instances
from infra.parts import extras, functions, servers
from infra.parts.boundary import bind_roles
from infra.parts.connect import connect_policies
from infra.parts.copies import copies
from infra.parts.drills import drills
from infra.parts.foundation import foundation
from infra.parts.maintenance import maintenance
from infra.parts.manifest import manifest
from infra.parts.metrics import metrics
from infra.parts.outputs import outputs
from infra.parts.ownership import mark
from infra.parts.site import Site, place
from infra.parts.watch import watched
from infra.rules.crossed import agree
from infra.settings.model import Settings
from infra.settings.stackfile import file_of


def deploy(
    stack: str,
    settings: Settings,
    declaration: Mapping[str, object],
    *,
    extensions: tuple[str, ...],
    code: pulumi.Archive,
    trigger: str,
) -> None:
    """Declare the stack's resources and export its outputs.

    `declaration` is access.yaml as it is written: the manifest carries it to the bootstrap. `extensions` are those that
    the application declares.
    """
    access = load_access(declaration)
    agree(settings, access, file_of(stack))
    where = place()
    tier = instances(stack, settings, where["region"], extensions=extensions)
    bind_roles(settings.boundary)
    mark(tier.prefix)

    base = foundation(tier, settings, access, where)
    site = Site(**vars(base), postgres=servers.database(base), caches=servers.caches(base))
    bucket = extras.bucket(site)
    document = manifest(site, declaration, bucket)
    runner = functions.runner(site, code=code, manifest=document, trigger=trigger)
    dashboard = watched(site, proven=runner)
    functions.rotation(site, code=code, manifest=document, after=runner)
    recovered = extras.backup(site, code=code, manifest=document)
    copied = copies(site, manifest=document, after=[runner])
    drilled = drills(site, manifest=document, after=[runner])
    measured = metrics(site, code=code, manifest=document, after=runner)
    maintained = maintenance(site, code=code, manifest=document, after=runner)
    # The runner's own manifest has no proxy: the runner bypasses it, and the proxy waits for the secrets that it fills.
    pooled = extras.proxy(site, after=runner)

    exported = {
        "backup": recovered,
        "bucket": bucket,
        "copies": copied,
        "drills": drilled,
        "metrics": measured,
        "maintenance": maintained,
        **outputs(site, runner),
        "manifest": manifest(site, declaration, bucket, pooled) if pooled else document,
        "dashboard": dashboard,
        "connect_policies": connect_policies(site),
    }
    for name, value in exported.items():
        if value is not None:
            pulumi.export(name, value)
