"""How old the credentials of a stack are, and whether a renewal is under way: by their metadata, never their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial

from bootstrap.manifest import Manifest
from bootstrap.secrets import AwsStore, SecretStore, SecretStoreError
from observe.metrics.family import Family, Sample
from observe.metrics.own.part import Part
from observe.metrics.own.source import STACK, Group, OwnSource
from observe.metrics.source import Refused

EVERY = 900.0
"""Seconds between two readings: two requests to Secrets Manager for each secret."""
AGE, PENDING = "datatier_secret_age_seconds", "datatier_rotation_pending"


def stack_source(manifest: Manifest, store: SecretStore | None = None) -> OwnSource[SecretStore]:
    """What is known of a stack as a whole."""
    found = store or AwsStore(manifest.region, manifest.aws_endpoint)
    read = partial(read_secrets, arns=aged(manifest), now=partial(datetime.now, UTC))
    return OwnSource(STACK, lambda: nullcontext(found), [Group("secrets", EVERY, (AGE, PENDING), read)])


def aged(manifest: Manifest) -> dict[str, str]:
    """The secrets whose age is told, by identity: a master that was there before its stack does not rotate by itself,
    so that its age is nobody's neglect."""
    master = {} if manifest.postgres.existing else {"master": manifest.postgres.master_secret}
    return {**master, **manifest.secrets}


def read_secrets(store: SecretStore, *, arns: Mapping[str, str], now: Callable[[], datetime]) -> Part:
    """Read the metadata of each secret; one that cannot be read is refused with what it takes."""
    ages: list[Sample] = []
    pending: list[Sample] = []
    refused: list[Refused] = []
    for identity, arn in arns.items():
        labels = (("identity", identity),)
        try:
            stages, made = store.stages(arn), store.made(arn)
        except SecretStoreError as error:
            grant = f"secretsmanager:DescribeSecret and secretsmanager:ListSecretVersionIds on {arn}"
            refused += [Refused(metric, str(error), grant) for metric in (AGE, PENDING)]
            continue
        if made is not None:
            ages.append(Sample(labels, (now() - made).total_seconds()))
        pending.append(Sample(labels, float(stages.pending not in (None, stages.current))))
    return Part(
        families=(
            Family(AGE, "gauge", "Seconds since an identity's credential was made.", ages),
            Family(PENDING, "gauge", "Whether a credential waits for the engines to accept it.", pending),
        ),
        refused=refused,
    )
