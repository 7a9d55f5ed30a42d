"""The availability zones of an isolated network: the same at every run."""

from __future__ import annotations

import pulumi_aws as aws

from infra.settings.problems import SettingsError, SettingsProblem


def zones(wanted: int | tuple[str, ...], region: str, stack: str) -> list[str]:
    """The zones that the settings name, or the first ones of the region by name.

    Whatever state they are in: a subnet cannot move, so a zone that is impaired today must not change the choice. And
    only what every account of the region has: a Local Zone that somebody opts in to is none that RDS could use
    (EC2 API, DescribeAvailabilityZones). Raise `SettingsError` where the region has too few.
    """
    if not isinstance(wanted, int):
        return list(wanted)
    filters = {"opt-in-status": "opt-in-not-required", "zone-type": "availability-zone"}
    found = aws.get_availability_zones(
        filters=[
            aws.GetAvailabilityZonesFilterArgs(name=name, values=[value]) for name, value in sorted(filters.items())
        ]
    )
    if len(found.names) < wanted:
        has = ", ".join(sorted(found.names)) or "none"
        rule = f"is {wanted}, and this account has {has} in {region}: set it to 2, or take another region."
        raise SettingsError(f"Pulumi.{stack}.yaml", [SettingsProblem("data-tier:network.zones", rule)])
    return sorted(found.names)[:wanted]
