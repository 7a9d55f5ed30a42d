"""Ages of credentials, by their metadata."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bootstrap.secrets import Credential, SecretStoreError, SecretVersion, Stage, Stages
from bootstrap.secrets.memory import MemoryStore
from observe.metrics.own.secrets import read_secrets
from observe.metrics.source import Refused

MADE = datetime(2026, 3, 1, tzinfo=UTC)


class Store(MemoryStore):
    """One whose values nobody may read, and whose clock stands still."""

    def get(self, arn: str, stage: Stage = "AWSCURRENT") -> SecretVersion | None:
        raise AssertionError(f"the value of {arn} was read at {stage}")

    def made(self, arn: str) -> datetime | None:
        return None if super().made(arn) is None else MADE

    def stages(self, arn: str) -> Stages:
        if arn == "arn:closed":
            raise SecretStoreError("could not describe the secret arn:closed: AccessDeniedException")
        return super().stages(arn)


def test_ages_and_renewals() -> None:
    store = Store(["arn:app", "arn:report", "arn:new", "arn:closed"])
    for arn in ("arn:app", "arn:report"):
        store.promote(arn, store.put_pending(arn, Credential(username="x")))
    store.put_pending("arn:report", Credential(username="x"))
    store.put_pending("arn:new", Credential(username="x"))
    arns = {"shop_app": "arn:app", "shop_report": "arn:report", "shop_new": "arn:new", "shop_closed": "arn:closed"}
    part = read_secrets(store, arns=arns, now=lambda: MADE + timedelta(days=2))
    shown = {
        family.name: {dict(labels)["identity"]: value for labels, value, _ in family.samples}
        for family in part.families
    }
    assert shown == {
        "datatier_secret_age_seconds": {"shop_app": 172_800, "shop_report": 172_800},
        "datatier_rotation_pending": {"shop_app": 0, "shop_report": 1, "shop_new": 1},
    }
    why = "could not describe the secret arn:closed: AccessDeniedException"
    grant = "secretsmanager:DescribeSecret and secretsmanager:ListSecretVersionIds on arn:closed"
    assert part.refused == [
        Refused("datatier_secret_age_seconds", why, grant),
        Refused("datatier_rotation_pending", why, grant),
    ]
