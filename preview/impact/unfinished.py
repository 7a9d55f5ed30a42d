"""What an earlier `up` left unfinished, and what is replaced in any case: rules for any type."""

from __future__ import annotations

from collections.abc import Iterator

from preview.impact.effect import ORDER, Edit, Effect, Rule

_STATE = "pulumi/pulumi, sdk/go/common/apitype/core.go: ResourceV3"


def at_least(effect: Effect, other: Effect) -> Effect:
    """Return the graver one of two effects."""
    return max(effect, other, key=ORDER.index)


def unfinished(edit: Edit, lost: Effect) -> Iterator[tuple[str, Rule]]:
    """Rules for what the state says of the resource as a whole; `lost` is what losing it does."""
    change = edit.change
    if change.gone:
        yield (
            "pendingReplacement",
            Rule(
                id="gone",
                key="pendingReplacement",
                effect=at_least(Effect.REPLACE, lost),
                users="It was deleted for a replacement that was cut short: the next `up` makes a new, empty one.",
                source=f"{_STATE}.PendingReplacement",
                way_round="Before that `up`, bring back what it held: from a final snapshot, a recovery point, a copy.",
            ),
        )
    if change.tainted:
        yield (
            "taint",
            Rule(
                id="tainted",
                key="taint",
                effect=at_least(Effect.REPLACE, lost),
                users="It was marked to be replaced: the next `up` makes a new, empty one and deletes this one.",
                source=f"{_STATE}.Taint",
                way_round="`pulumi state untaint URN` takes the mark away.",
            ),
        )
    if change.replaced_with:
        yield (
            "replaceWith",
            Rule(
                id="replaced-with",
                key="replaceWith",
                effect=at_least(Effect.REPLACE, lost),
                users="It is replaced together with what it depends on: its users are cut off until then.",
                source="Pulumi, resource option `replaceWith`",
                way_round="It follows from the replacement of the other: avoid that one.",
            ),
        )
    if change.failed and not change.replaced:
        yield (
            "initErrors",
            Rule(
                id="not-at-rest",
                key="initErrors",
                effect=Effect.IN_PLACE,
                users="It was made and did not come to rest; the next `up` tries again.",
                source=f"{_STATE}.InitErrors",
                way_round="Look at it in AWS first: `pulumi refresh --preview-only`.",
            ),
        )
