"""The memory that connections may take, by the settings that bound it, and how many are there to take it."""

from __future__ import annotations

from observe.observation import Observation

# Settings of memory are in blocks or kB (pg_settings.unit), which pg_size_bytes reads with their unit as
# current_setting writes them. reset_val is the server's own where this session has none.
_SETTINGS = """
SELECT (SELECT count(*)::int FROM pg_stat_activity
         WHERE usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend') AS connections,
       (SELECT count(*)::int FROM pg_stat_activity
         WHERE state = 'active' AND pid <> pg_backend_pid()) AS active,
       current_setting('max_connections')::int AS max_connections,
       pg_size_bytes(current_setting('work_mem')) AS work_mem_bytes,
       current_setting('hash_mem_multiplier')::float8 AS hash_mem_multiplier,
       pg_size_bytes(current_setting('maintenance_work_mem')) AS maintenance_work_mem_bytes,
       pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers_bytes,
       pg_size_bytes(current_setting('temp_buffers')) AS temp_buffers_bytes
"""

MEMORY_SETTINGS = Observation(
    id="memory-settings",
    engine="postgres",
    question="How much memory may the server and each connection take?",
    read=lambda _: _SETTINGS,
    judge=lambda _: (),
    columns=(
        "connections",
        "active",
        "max_connections",
        "shared_buffers_bytes",
        "work_mem_bytes",
        "hash_mem_multiplier",
        "maintenance_work_mem_bytes",
        "temp_buffers_bytes",
    ),
)
