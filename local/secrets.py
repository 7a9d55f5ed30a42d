"""Empty secrets in a tier's emulator, for identities that came after its last deployment."""

from __future__ import annotations

from collections.abc import Mapping

from local.emulator import Emulator
from local.handlers.base import RunContext, daemon
from local.state import StateDir


def make(state: StateDir, region: str, names: Mapping[str, str]) -> dict[str, str]:
    """Identity -> ARN of its secret, made where there is none of that name."""
    if not names:
        return {}
    context = RunContext(state, region, Emulator(state, region, daemon(state, "emulator")))
    client = context.aws("secretsmanager")
    made = {}
    for identity, name in names.items():
        try:
            made[identity] = str(client.describe_secret(SecretId=name)["ARN"])
        except client.exceptions.ResourceNotFoundException:
            made[identity] = str(client.create_secret(Name=name)["ARN"])
    return made
