"""Since when a database's counters count."""

from __future__ import annotations

# The database's own time is NULL until somebody resets it. All counters are lost in a crash, a restore and when a
# standby starts from a base backup: PostgreSQL then sets the time of those that it keeps for the server as a whole
# (pgstat_reset_after_failure of src/backend/utils/activity/pgstat.c), pg_stat_bgwriter's among them.
SINCE = """greatest((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
                (SELECT stats_reset FROM pg_stat_bgwriter))"""
"""SQL expression: a time that is at the earliest that of the oldest count."""
