"""The generated parts of docs/runbooks and docs/alarms.md: `python -m knowledge.alarms.runbooks` writes them.

Each alarm has a section of its own in the page of its fault, between two markers; what people wrote around them stays.
The numbers are those of the servers of the `prod` profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from knowledge.alarms import coverage as alarm_coverage
from knowledge.alarms import events
from knowledge.alarms.catalogue import POSTGRES, postgres_alarms, redis_alarms
from knowledge.alarms.facts import INSTEAD_OF_INSIGHTS, cache_alarms, instance_alarms, stack_alarms
from knowledge.alarms.maintenance import MAINTENANCE, maintenance_alarms
from knowledge.alarms.spec import AlarmSpec
from knowledge.alarms.text import SILENCE, looks_at, rule
from knowledge.classes import cache_class, rds_class
from knowledge.postgres.parameters import max_connections
from knowledge.storage import Volume

DOCS = Path(__file__).parents[2] / "docs"
RUNBOOKS = DOCS / "runbooks"
BEGIN, END = "<!-- alarms -->\n", "<!-- /alarms -->"


def pages() -> dict[str, str]:
    """Runbook (file name) -> the sections of its alarms."""
    found: dict[str, dict[str, str]] = {}
    for server, alarm in _examples():
        # The first server that has an alarm speaks for it: prod's own where it has one.
        page, _, _ = alarm.runbook.rpartition("/")[2].partition("#")
        found.setdefault(page, {}).setdefault(alarm.key, _section(server, alarm))
    return {page: "\n\n".join(sections.values()) for page, sections in found.items()}


def index() -> str:
    """Every alarm with its page, for the index of the runbooks."""
    rows: dict[tuple[str, str], str] = {}
    for _, alarm in _examples():
        link = alarm.runbook.removeprefix("docs/runbooks/")
        rows.setdefault(
            (alarm.engine, alarm.key),
            f"| [{alarm.engine} `{alarm.key}`]({link}) | {alarm.severity} | {_first(alarm)} |",
        )
    return "\n".join(["| Alarm | | What it means |", "| --- | --- | --- |", *rows.values()])


def catalogue() -> str:
    """Return docs/alarms.md as Markdown."""
    alarms: dict[tuple[str, str], str] = {}
    for server, one in _examples():
        link = one.runbook.removeprefix("docs/")
        cells = (f"[{one.engine} `{one.key}`]({link})", one.severity, rule(one), server, one.source)
        alarms.setdefault((one.engine, one.key), _row(*cells))
    rows = [_row(what, severity, service, category) for what, severity, service, category in events.PUBLISHED]
    lists = {
        "Recommended by AWS": alarm_coverage.AWS,
        "Rules for PostgreSQL": alarm_coverage.POSTGRES,
        "Rules for Redis": alarm_coverage.REDIS,
        "What people add for RDS": alarm_coverage.COMMUNITY,
    }
    parts = [_HEAD, _table(("Alarm", "", "Rings when", "On", "Why this number"), alarms.values())]
    parts += ["## Events", _table(("What", "Topic", "Published by", "Category"), rows)]
    for title, items in lists.items():
        rows = [
            _row(item, found if isinstance(found, str) else ", ".join(f"`{each}`" for each in found))
            for item, found in items.items()
        ]
        parts += [f"## {title}", _table(("Rule", "Ours, or why there is none"), rows)]
    broken = [_row(item, why) for item, why in alarm_coverage.BROKEN.items()]
    parts += ["## Rules that cannot work, and are not repeated", _table(("Shipped elsewhere", "Here"), broken)]
    return "\n\n".join(parts) + "\n"


_HEAD = """# Alarms

Every alarm of a stack, with the numbers of a server of the `prod` profile; `datatier alarms explain NAME STACK` has
them for a stack of your own. A critical alarm pages through its server's (a cache's) page, `<stack>-<server>-page`, so
that one fault is one page; the symptoms themselves go where warnings go. While the primary is down, the pages of its
replicas are silent. A new server pages nobody before its first figure; until then its `down` is among the warnings, and
so is `metrics-silent` of a new stack.

What begins with `datatier_` the stack's own function measures, on the schedule of `data-tier:metrics.schedule`; without
one there are none of these alarms. `datatier_check_status` is the verdict of the command of that name: 0 ok, 1 warn,
2 critical ([metrics on AWS](metrics-on-aws.md)). What the servers are asked beyond all this, by which command, with
which threshold, is among the [observations](observations.md).

This page and the sections of the runbooks are made from the catalogue in `knowledge`
(`python -m knowledge.alarms.runbooks`)."""


def _table(columns: tuple[str, ...], rows: object) -> str:
    return "\n".join([_row(*columns), _row(*("---" for _ in columns)), *rows])  # type: ignore[misc]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def replaced(text: str, inside: str, *, where: str) -> str:
    """A page with what stands between its markers replaced. Raise ValueError where a marker is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{where} lacks `{BEGIN.strip()}` or `{END}`")
    return f"{before}{BEGIN}{inside}\n{END}{after}"


def written() -> dict[Path, str]:
    """Every file with its new content; what is hand-written is read from the files."""
    made = {RUNBOOKS / page: inside for page, inside in pages().items()} | {RUNBOOKS / "README.md": index()}
    files = {path: replaced(path.read_text("utf-8"), inside, where=path.name) for path, inside in made.items()}
    return files | {DOCS / "alarms.md": catalogue()}


def _section(server: str, alarm: AlarmSpec) -> str:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(alarm.first_steps, start=1))
    behind = looks_at(alarm)
    made = f"### {alarm.key}\n\n**{alarm.severity}**: {rule(alarm)}; {SILENCE[alarm.missing]}. On {server}.\n\n"
    made += f"{alarm.meaning}\n\n{steps}\n\nThe number: {alarm.derivation}. Source: {alarm.source}."
    made += f"\n\nIt looks at `{behind}`." if behind else ""
    if alarm.dimensions and alarm.key not in MAINTENANCE:
        made += " The stack's own function writes it: only with `data-tier:metrics.schedule`."
    elif alarm.key in INSTEAD_OF_INSIGHTS:
        check, _ = INSTEAD_OF_INSIGHTS[alarm.key]
        made += f" Where Insights is off, and with `data-tier:metrics.schedule`, at the verdict `{check}`."
    return made


def _first(alarm: AlarmSpec) -> str:
    sentence, _, _ = alarm.meaning.partition(". ")
    return sentence.rstrip(".")


def _examples() -> Iterator[tuple[str, AlarmSpec]]:
    for name in ("db.r7g.large", "db.t4g.medium"):
        cls = rds_class(name)
        for replica in (False, True):
            for kind, said in (("gp3", ""), ("gp2", " of gp2")):
                alarms = postgres_alarms(
                    cls,
                    Volume(type=kind, allocated=100),
                    max_connections=max_connections(cls.memory_bytes),
                    max_allocated_gib=1000,
                    replica=replica,
                    lag_critical_seconds=1,
                    logical=True,
                )
                yield from ((f"{name}, 100 of 1000 GiB{said}", alarm) for alarm in alarms)
    for name, eviction in (
        ("cache.r7g.large", "volatile-lru"),
        ("cache.r7g.large", "allkeys-lru"),
        ("cache.r7g.xlarge", "volatile-lru"),
        ("cache.t4g.micro", "volatile-lru"),
    ):
        nodes = redis_alarms(cache_class(name), eviction=eviction, replicas=2, cluster_mode=False)
        yield from ((f"{name}, {eviction}", alarm) for alarm in nodes)
    prefix, looks = "PREFIX", {"seconds": 300}
    every = "a stack that is looked at every 5 min"
    facts = [
        *instance_alarms(prefix, "primary", **looks, primary=True, insights=True, catalogue=POSTGRES),
        *cache_alarms(prefix, "main", **looks),
        *stack_alarms(prefix, **looks, rotation_days=30, copies=True),
    ]
    yield from ((every, alarm) for alarm in facts)
    weekly = "a stack that is maintained once a week"
    yield from ((weekly, alarm) for alarm in maintenance_alarms(prefix, in_task=False))


if __name__ == "__main__":
    for file, content in written().items():
        file.write_text(content, "utf-8")
