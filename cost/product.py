"""A product of AWS's price list, as far as it has to be named to be found."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 730
"""Hours of a month, as AWS's own calculator counts them: 8,760 of a year by 12."""


@dataclass(frozen=True, kw_only=True, order=True)
class Product:
    """One thing that is billed. Names and values are those of the Price List API's attributes."""

    service: str
    """`AmazonRDS`."""
    region: str
    """`eu-central-1`."""
    usage: str
    """`usagetype` without its prefix for the region: `RDS:GP3-Storage` of `EUC1-RDS:GP3-Storage`."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What tells it from others of the same usage type, such as databaseEngine."""

    def is_usage(self, usagetype: str) -> bool:
        """Whether that is its usage type: bare in us-east-1, elsewhere after the region's short name and a hyphen."""
        return usagetype == self.usage or usagetype.endswith(f"-{self.usage}")
