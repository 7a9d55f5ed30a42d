"""What the static proof of delivery says of a previewed stack, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alarms.delivery import check
from alarms.stack import AccountRegion, StackIndex
from graph.offline import ACCOUNT
from preview.plan import PreviewFinding

if TYPE_CHECKING:  # the monitor brings the SDK with it
    from graph.deployment import Deployment


def indexed(deployment: Deployment, region: str) -> StackIndex:
    """The custom resources of an offline run, by what refers to them."""
    return StackIndex(
        [each for each in deployment.whole() if each.id],
        AccountRegion(account=ACCOUNT, region=region),
    )


def alarm_findings(deployment: Deployment, region: str) -> tuple[PreviewFinding, ...]:
    """Every step at which a notification is lost. Topics without recipients are `notify-nobody`'s."""
    return tuple(
        PreviewFinding(
            severity=each.severity,
            rule=f"alarm-{each.step.replace(' ', '-')}",
            resource=each.resource,
            message=f"{each.what}. Mend: {each.mend}. Silenced: {_some(each.alarms)}.",
        )
        for each in check(indexed(deployment, region), unheard="warning")
        if each.what != NOBODY
    )


NOBODY = "nobody subscribes to it"


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "nobody yet"
