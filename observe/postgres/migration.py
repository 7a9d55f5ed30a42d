"""Where golang-migrate's table says the schema is, and whether a migration stopped halfway."""

from __future__ import annotations

from bootstrap.books import TABLE
from bootstrap.postgres import SCHEMA
from knowledge.thresholds.nodes import MIGRATION as THRESHOLD
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Right, Rows, judged

_NAME = f"{SCHEMA}.{TABLE}"
# Other tools keep a table of this name too; theirs has no column `dirty`.
_THERE = Right(
    name=_NAME,
    grant="datatier migrate up",
    held=f"EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('{_NAME}') AND attname = 'dirty')",
    lack="no migration was ever applied here: there is no table {name} of golang-migrate's",
)
_READABLE = Right(
    name=f"SELECT ON {_NAME}",
    grant=f'GRANT SELECT ON {_NAME} TO "{{login}}"',
    held=f"has_table_privilege(to_regclass('{_NAME}'), 'SELECT')",
    lack='"{login}" lacks {name}, so the migration that the schema is at is not seen',
)


def _judge(rows: Rows) -> tuple[Finding, ...]:
    if not rows:
        return (Finding(check=THRESHOLD.id, status=Status.OK, message="no migration is applied"),)
    version, dirty = rows[0]["version"], bool(rows[0]["dirty"])
    said = f"migration {version} is dirty: it stopped halfway" if dirty else f"migration {version}, clean"
    return (judged(THRESHOLD, int(dirty), said, mend="mend the schema, then: datatier migrate force VERSION"),)


MIGRATION = Observation(
    id="migration",
    engine="postgres",
    question="At which migration is the schema, and is it clean?",
    read=lambda _: f"SELECT version, dirty FROM {_NAME} LIMIT 1",
    judge=_judge,
    thresholds=(THRESHOLD,),
    demands=(_THERE, _READABLE),
    on_replica=False,
)
