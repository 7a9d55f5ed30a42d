"""What a server keeps that was there before the stack, of those parts that databases and caches have alike."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExistingParameterGroup:
    """The parameter group that a server has."""

    name: str
    """Its name."""
    managed: bool = True
    """Whether it is this server's alone, so that its parameters are set here; else it is only referred to."""
    description: str | None = None
    """Its description, which cannot be changed."""
    family: str | None = None
    """Its family; any when absent. A server that needs another one gets a group of its own."""

    def serves(self, family: str) -> bool:
        """Whether a server of that family can have it: a group's family never changes."""
        return self.family in (None, family)
