"""terraform-provider-random."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    RANDOM_ID,
    RANDOM_INTEGER,
    RANDOM_PASSWORD,
    RANDOM_STRING,
    RANDOM_UUID,
)

KINDS = {
    RANDOM_ID: Kind(source="resource_id.go", id="{b64Url}", named="", replaces={"byteLength", "keepers", "prefix"}),
    RANDOM_PASSWORD: Kind(
        source="resource_password.go",
        id="none",
        named="",
        replaces={
            "keepers",
            "length",
            "lower",
            "minLower",
            "minNumeric",
            "minSpecial",
            "minUpper",
            "number",
            "numeric",
            "overrideSpecial",
            "special",
            "upper",
        },
        secret={"bcryptHash", "result"},
    ),
    RANDOM_INTEGER: Kind(source="resource_integer.go", id="{result}", named=""),
    RANDOM_STRING: Kind(source="resource_string.go", id="{result}", named=""),
    RANDOM_UUID: Kind(source="resource_uuid.go", id="{result}", named=""),
}
