"""Whether what is there could be had again: replication, WAL, backups, drills; and whether it is what was declared."""

from __future__ import annotations

from boards.expression import Compare, Metric, Rate
from boards.panels.panel import Board, Line, Panel

_NEVER = "there never was one, or nobody has said where copies lie (data-tier:backup.logical)"
_PROVED = "it is proved at a bootstrap and with `datatier health`"

RECOVERY = Board(
    id="recovery",
    title="Recovery",
    panels=(
        Panel(
            id="recovery-backup",
            title="Age of the last backup",
            says="Of all whole copies, and of those that were verified.",
            unit="s",
            lines=(
                Line(Metric("datatier_backup_age_seconds"), "newest"),
                Line(Metric("datatier_backup_verified_age_seconds"), "newest verified"),
            ),
            form="bars",
            empty=_NEVER,
        ),
        Panel(
            id="recovery-wrong",
            title="Copies and drills that are wrong",
            says="Copies that are not what was written; kinds of drills of which the last one has not passed.",
            unit="short",
            lines=(
                Line(Metric("datatier_backup_damaged"), "damaged copies"),
                Line(Metric("datatier_drill_failed"), "drills not passed"),
            ),
            form="bars",
            empty="nobody has said where copies lie (data-tier:backup.logical)",
        ),
        Panel(
            id="recovery-drill",
            title="Age of the last drill",
            says="A backup that was never restored is none.",
            unit="s",
            lines=(Line(Metric("datatier_drill_age_seconds")),),
            form="bars",
            empty=_NEVER,
        ),
        Panel(
            id="recovery-slots",
            title="WAL held back by slots",
            says="Beyond max_slot_wal_keep_size PostgreSQL gives the slot up, and its reader must be recreated.",
            unit="bytes",
            lines=(Line(Metric("pg_replication_slots_pg_wal_lsn_diff"), "{{instance}} {{slot_name}}"),),
            empty="there is no replication slot",
        ),
        Panel(
            id="recovery-replay",
            title="Age of the last replayed transaction",
            says="On replicas; it grows while the primary has nothing to write.",
            unit="s",
            lines=(Line(Metric("pg_replication_last_replay_seconds")),),
            empty="no replica has replayed a transaction yet",
        ),
        Panel(
            id="recovery-replicas",
            title="Replicas of caches",
            says="How many each primary has.",
            unit="short",
            lines=(Line(Metric("redis_connected_slaves")),),
            form="bars",
        ),
        Panel(
            id="recovery-archiver",
            title="WAL archiving",
            says="Files archived and failed, a second. RDS archives by itself.",
            unit="ops",
            lines=(
                Line(Rate(Metric("pg_stat_archiver_archived_count")), "{{instance}} archived"),
                Line(Rate(Metric("pg_stat_archiver_failed_count")), "{{instance}} failed"),
            ),
        ),
        Panel(
            id="recovery-save",
            title="Last snapshot of caches",
            says="1 where the last one was written, 0 where it failed.",
            unit="none",
            lines=(Line(Metric("redis_rdb_last_bgsave_status")),),
            form="bars",
        ),
        Panel(
            id="recovery-migration",
            title="Version of the schema",
            says="The last migration that was applied.",
            unit="none",
            lines=(Line(Metric("datatier_migration_version")),),
            form="bars",
            empty="no migration was ever applied",
        ),
        Panel(
            id="recovery-differences",
            title="Differences from what is declared",
            says="Of the schema and of access; a migration that failed half way is dirty.",
            unit="short",
            lines=(
                Line(Metric("datatier_migration_dirty"), "{{instance}} dirty migration"),
                Line(Metric("datatier_schema_differences"), "{{instance}} schema"),
                Line(Metric("datatier_access_differences"), "{{instance}} access"),
            ),
            form="bars",
            empty=_PROVED,
        ),
        Panel(
            id="recovery-secrets",
            title="Age of secrets",
            says="Since each was last replaced.",
            unit="s",
            lines=(Line(Metric("datatier_secret_age_seconds"), "{{instance}} {{identity}}"),),
            form="bars",
            empty="a single server has no secrets of a stack",
        ),
        Panel(
            id="recovery-rotation",
            title="Rotations that are not finished",
            says="1 while an old login still works alongside the new one.",
            unit="none",
            lines=(Line(Compare(Metric("datatier_rotation_pending"), ">", 0), "{{instance}} {{identity}}"),),
            form="bars",
            empty="no rotation is pending",
        ),
    ),
)
