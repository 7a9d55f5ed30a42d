"""Views, materialized or not."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import View


def view_kind(entry: View) -> str:
    """What it is called in statements."""
    return "MATERIALIZED VIEW" if entry.get("materialized") else "VIEW"


def view_text(entry: View) -> str:
    """All that makes a view what it is, as one text."""
    return "\n".join([view_kind(entry) + _options(entry), *entry["definition"]])


def view(title: str, entry: View) -> str:
    """A view; a materialized one is filled when all that it reads is there."""
    body = "\n".join(entry["definition"]).rstrip(";")
    if not entry.get("materialized"):
        return f"CREATE OR REPLACE VIEW {title}{_options(entry)} AS\n{body}"
    return f"CREATE MATERIALIZED VIEW {title}{_options(entry)} AS\n{body}\nWITH NO DATA"


def refresh(title: str) -> str:
    """Fill a materialized view."""
    return f"REFRESH MATERIALIZED VIEW {title}"


def without_body(title: str, entry: View) -> str:
    """A view of the same columns that reads nothing, so that others can name it before what it reads is there."""
    fields = (
        f"NULL::{what['type']}{' COLLATE ' + what['collation'] if 'collation' in what else ''} AS {each}"
        for each, what in entry["columns"].items()
    )
    return f"CREATE VIEW {title} AS SELECT {comma(fields)}"


def defaults(title: str, entry: View) -> Iterator[str]:
    """What is inserted into a column that an INSERT into the view leaves out."""
    for each, what in entry.get("columns", {}).items():
        if "default" in what:
            yield f"ALTER TABLE {title} ALTER COLUMN {each} SET DEFAULT {what['default']}"


def _options(entry: View) -> str:
    method = f" USING {entry['access_method']}" if "access_method" in entry else ""
    return method + (f" WITH ({comma(entry['options'])})" if "options" in entry else "")
