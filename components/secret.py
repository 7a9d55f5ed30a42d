"""Marking a value as secret, with its type kept."""

import pulumi


def secret(value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the value as a secret: encrypted in Pulumi's state, `[secret]` in what it prints."""
    return pulumi.Output.secret(value)
