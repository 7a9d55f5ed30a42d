"""`datatier adopt --terraform`: what is adopted out of a state, and the commands by which it forgets that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.errors import AskedError

if TYPE_CHECKING:
    from adopt.adoption import Adoption
    from adopt.terraform.state import TerraformResource


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be adopted, of the command line and of a state."""

    instance: str
    caches: Mapping[str, str]
    """Name in the stack -> id."""
    region: str | None
    account: str = ""
    """Of the instance by that state; empty where it does not say."""
    file: str = ""
    """Name of the file that the state is in."""
    state: tuple[TerraformResource, ...] = field(default_factory=tuple)
    """Of Terraform; empty without `--terraform`."""

    def refuse_account(self, account: str) -> None:
        """Raise AskedError where the state is of another account than the one that was read."""
        if self.account not in ("", account):
            raise AskedError(
                f"--terraform: {self.file} is of the account {self.account}, and these credentials are of {account}: "
                "take those of the state's account."
            )

    def after(self, made: Adoption) -> tuple[tuple[str, str], ...]:
        """Command and what for, of what the state forgets once the stack has it."""
        from adopt.terraform.forgotten import commands

        return tuple((each, "Terraform forgets it, and AWS keeps it") for each in commands(self._removed(made)))

    def stays(self, made: Adoption) -> tuple[str, ...]:
        """Addresses of what stays Terraform's though the stack's file refers to it."""
        from adopt.terraform.forgotten import remaining

        return tuple(each.address for each in remaining(self.state, made.config, self._removed(made)))

    def _removed(self, made: Adoption) -> tuple[TerraformResource, ...]:
        from adopt.terraform.forgotten import removed

        report = made.report
        return removed(self.state, [(each.type, each.id) for each in report.entries if each.id], report.region)


def asked(instance: str | None, caches: Mapping[str, str], region: str | None, file: Path | None) -> Asked:
    """What was named, and the rest by the state in `file`. Raise `AskedError` where that leaves it open."""
    if file is not None:
        from adopt.terraform.state import resources
        from adopt.terraform.tier import tier

        state = resources(_text(file), file.name)
        found = tier(state, instance, caches, file.name, region=region)
        return Asked(
            instance=found.instance,
            caches=found.caches,
            region=found.region or region,
            account=found.account,
            file=file.name,
            state=state,
        )
    if instance is None:
        raise AskedError(
            "name the primary: --instance ID, or --terraform FILE with what `terraform show -json` prints."
        )
    return Asked(instance=instance, caches=caches, region=region)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise AskedError(f"--terraform: {file} cannot be read: {reason}.") from None
