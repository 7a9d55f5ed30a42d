"""Which kind of object is made first where neither needs the other: as pg_dump ranks them (pg_dump_sort.c)."""

from __future__ import annotations

from enum import IntEnum, auto


class Rank(IntEnum):
    """From first to last; those from OWNER on hang on what is there by then."""

    SCHEMA = auto()
    EXTENSION = auto()
    SHELL = auto()
    TYPE = auto()
    SEQUENCE = auto()
    OTHER = auto()
    FUNCTION = auto()
    TABLE = auto()
    VIEW = auto()
    OWNER = auto()
    KEY = auto()
    INDEX = auto()
    CHECK = auto()
    STATISTICS = auto()
    MARK = auto()
    FOREIGN_KEY = auto()
    RULE = auto()
    TRIGGER = auto()
    POLICY = auto()
    PUBLICATION = auto()
    BODY = auto()
    COMMENT = auto()
    REFRESH = auto()
    EVENT_TRIGGER = auto()


def rank_of(kind: str) -> Rank:
    """That of an object which is neither type, function nor relation."""
    late = {"statistics": Rank.STATISTICS, "publication": Rank.PUBLICATION, "event trigger": Rank.EVENT_TRIGGER}
    return late.get(kind, Rank.OTHER)
