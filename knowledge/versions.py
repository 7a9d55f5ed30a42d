"""Engine versions as numbers, so that 8.10 comes after 8.9."""

from __future__ import annotations

_LAST = 2**31


def numbers(text: object) -> tuple[int, ...]:
    """`17`, `17.6` and `6.x` as numbers; an x is above every minor."""
    parts = str(text or "0").split(".")
    return tuple(_LAST if part == "x" else int(part) for part in parts if part == "x" or part.isdigit())


def cache_goes_back(before: object, after: object) -> bool:
    """Whether the provider would replace the cache: the declared version is below the one that runs.

    From `6.x` it looks at the patch that runs, which is the last one of that major unless AWS made another since.
    Source: terraform-provider-aws, internal/service/elasticache/engine_version.go, engineVersionIsDowngrade.
    """
    was, now = numbers(before), numbers(after)
    return now[:1] < was[:1] if str(before).endswith(".x") else now < was
