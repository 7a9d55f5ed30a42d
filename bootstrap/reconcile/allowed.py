"""What may be taken away: on a protected stack somebody has to say so."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.action import Action


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Which consents were given."""

    revoke: bool = True
    drop: bool = True
    owner: bool = True

    def __call__(self, action: Action) -> bool:
        """Whether an action may be done."""
        needed = action.consent
        return needed is None or bool(getattr(self, needed))

    @property
    def flags(self) -> str:
        """The options that would allow the rest."""
        missing = {"revoke": self.revoke, "drop": self.drop, "owner": self.owner}
        return " ".join(f"--allow-{name}" for name, given in missing.items() if not given)


EVERYTHING = Allowed()
BUT_DROPS = Allowed(drop=False)
"""A bootstrap deletes neither roles nor users: it says which could go."""
