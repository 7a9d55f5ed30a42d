"""All dashboards."""

from __future__ import annotations

from boards.panels.overview import OVERVIEW
from boards.panels.panel import Board
from boards.panels.postgres import POSTGRES
from boards.panels.recovery import RECOVERY
from boards.panels.redis import REDIS
from boards.panels.statements import STATEMENTS

BOARDS: tuple[Board, ...] = (OVERVIEW, POSTGRES, REDIS, STATEMENTS, RECOVERY)
