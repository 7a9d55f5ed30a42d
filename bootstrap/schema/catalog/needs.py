"""What each object needs, from pg_depend: written beside it where the order of sections does not settle it."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Entry, Row

EXTENDED = """
SELECT d.classid::regclass::text, d.objid, x.extname FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
WHERE d.deptype = 'e' AND x.oid >= 16384"""

# Pinned objects have no rows. Schemas come before everything. What a table's constraints, triggers and policies need
# of tables comes before them in any case; of pg_class itself the parents are read from pg_inherits.
DEPENDENCIES = """
SELECT d.classid::regclass::text, d.objid, d.refclassid::regclass::text, d.refobjid FROM pg_depend d
WHERE d.objid >= 16384 AND d.refobjid >= 16384 AND d.deptype IN ('n', 'a')
  AND d.classid NOT IN ('pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_publication_rel'::regclass)
  AND d.refclassid NOT IN ('pg_namespace'::regclass, 'pg_trigger'::regclass)
  AND (d.refclassid <> 'pg_class'::regclass OR d.classid NOT IN ('pg_class'::regclass, 'pg_constraint'::regclass))
  AND (d.classid <> 'pg_attrdef'::regclass OR d.deptype = 'n')"""


def extended(draft: Draft, rows: Sequence[Row]) -> None:
    """Note which objects are which extension's."""
    for catalog, oid, extension in rows:
        draft.named[catalog, oid] = f"extension {extension}"


def needs(draft: Draft, rows: Sequence[Row]) -> None:
    """Write what is needed beside what needs it."""
    for catalog, oid, needed_catalog, needed_oid in rows:
        needed = draft.named.get((needed_catalog, needed_oid))
        if needed is None:
            continue
        if needed == draft.named.get((catalog, oid)) and not (catalog == "pg_proc" and oid in draft.signatures):
            continue  # of what needs itself only a function's body matters: it comes when the function is there
        if (catalog, oid) in draft.parts:
            entry, part = draft.parts[catalog, oid]
            _part(entry, part, needed)
        elif (catalog, oid) in draft.entries:
            _note(draft, draft.entries[catalog, oid], (catalog, oid), needed)
    for address, entry in draft.entries.items():
        _settle(entry, draft.named[address])


def _part(entry: Entry, part: str, needed: str) -> None:
    extension = needed.startswith("extension ")
    if part.removeprefix("index ") in entry.get("constraints", {}):  # a key's index
        part = f"constraint {part.removeprefix('index ')}"
    if "definition" in entry:  # a view's defaults and indexes come after it
        if extension:
            _add(entry, "needs", needed)
    elif extension or not part.startswith(("index ", "rule ")):
        _add(entry.setdefault("needs", {}), part, needed)


def _note(draft: Draft, entry: Entry, source: tuple[str, int], needed: str) -> None:
    kind = draft.named[source].partition(" ")[0]
    if kind == "table":
        _add(entry.setdefault("needs", {}), "table", needed)
    elif kind == "type":
        default = "domain" in entry and needed.startswith(("function ", "sequence "))
        _add(entry.setdefault("needs", {}), "default" if default else "type", needed)
    else:
        # What the signature names is needed first, in whatever else the body names it too.
        body = source[1] in draft.signatures and not _signed(draft, source[1], needed)
        _add(entry, "body_needs" if body else "needs", needed)


def _signed(draft: Draft, function: int, needed: str) -> bool:
    return any(draft.named.get(("pg_type", each)) == needed for each in draft.signatures[function])


def _add(holder: Entry, part: str, needed: str) -> None:
    holder.setdefault(part, [])
    if needed not in holder[part]:
        holder[part].append(needed)


def _settle(entry: Entry, own: str) -> None:
    """In order; of a table's parts what it neither needs itself nor is."""
    found = entry.get("needs")
    if isinstance(found, dict):
        table = set(found.get("table", ())) | {own}
        settled = {part: sorted(set(each) - ({own} if part == "table" else table)) for part, each in found.items()}
        entry["needs"] = {part: settled[part] for part in sorted(settled) if settled[part]}
    elif found is not None:
        entry["needs"] = sorted(found)
    if "body_needs" in entry:
        entry["body_needs"] = sorted(entry["body_needs"])
