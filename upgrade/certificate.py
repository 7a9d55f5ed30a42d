"""The certificate authority of RDS instances: clients first, then each server. Pure."""

from __future__ import annotations

from typing import get_args

from infra.instances import DatabaseInstance
from infra.settings.sections import CertificateAuthority
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.effect import Call, Person
from upgrade.shared import pending
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

_ROTATION = "RDS User Guide, UsingWithRDS.SSL-certificate-rotation"
_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"


def steps(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another authority. Raise `PlanError` for one that RDS does not have."""
    known = get_args(CertificateAuthority)
    if change.wanted not in known:
        raise PlanError(f"{change}: RDS has {', '.join(known)}.")
    return (
        UpgradeStep(
            id="clients",
            what=f"Have every client trust {change.wanted}",
            do=(Person(texts=(f"each client's sslrootcert is a bundle that has it: {_BUNDLE}",)),),
            users="Nothing: the bundle has the authority of now, too.",
            then=("each client has connected with that bundle",),
            source=f"{_ROTATION}: clients before servers",
        ),
        *(_server(stack, change, each) for each in (*stack.instances.replicas.values(), stack.primary)),
        UpgradeStep(
            id="declare",
            what="Declare it",
            do=(
                stack.deploy(
                    line("postgres", f"{{ca: {change.wanted}}}"),
                    until=tuple(_has(stack, each, change.wanted) for each in stack.instances.databases),
                    unseen=True,
                ),
            ),
            users="Nothing.",
            then=(f"{stack.preflight} says no changes",),
        ),
    )


def _server(stack: Deployed, change: UpgradeChange, on: DatabaseInstance) -> UpgradeStep:
    versions = {"Engine": "postgres", "EngineVersion": on.version}
    return UpgradeStep(
        id=f"rotate-{on.name}",
        what=f"Have {on.identifier} present a certificate of {change.wanted}",
        do=(_modify(stack, on, change.wanted),),
        checks=(
            stack.available(on),
            Described(
                says="its version takes a new certificate without a restart",
                look=stack.look(
                    "rds",
                    "DescribeDBEngineVersions",
                    versions,
                    "DBEngineVersions[].SupportsCertificateRotationWithoutRestart",
                ),
                wanted=("true",),
                mend="upgrade to a newer minor version first, or deploy `ca` for the maintenance window: it restarts",
            ),
            Described(
                says=f"its version has {change.wanted}",
                look=stack.look(
                    "rds",
                    "DescribeDBEngineVersions",
                    versions,
                    f"DBEngineVersions[].contains(SupportedCACertificateIdentifiers, '{change.wanted}')",
                ),
                wanted=("true",),
                mend="choose another authority, or upgrade to a newer minor version first",
            ),
        ),
        users="Nothing: new connections see the new certificate, those that are open go on.",
        undo=(_modify(stack, on, change.was),),
        source=f"{_ROTATION}: by the engine's version, SupportsCertificateRotationWithoutRestart",
    )


def _has(stack: Deployed, on: DatabaseInstance, authority: str) -> Described:
    return Described(
        says=f"{on.identifier} has a certificate of {authority}",
        look=stack.instance(on, "CACertificateIdentifier"),
        wanted=(authority,),
    )


def _modify(stack: Deployed, on: DatabaseInstance, authority: str) -> Call:
    return stack.call(
        "ModifyDBInstance",
        {"DBInstanceIdentifier": on.identifier, "CACertificateIdentifier": authority, "ApplyImmediately": True},
        on=on,
        until=(_has(stack, on, authority), stack.available(on)),
        made=(pending(stack, on, "CACertificateIdentifier", authority),),
    )
