"""The name of an image, as settings have it."""

from __future__ import annotations

from typing import Annotated

from bootstrap.rule import matches

Image = Annotated[
    str,
    matches(
        r"[a-z0-9][a-z0-9.:-]*(/[a-z0-9][a-z0-9._-]*)+(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})",
        "an image with its tag or digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG (`make image`)",
    ),
]
