"""How much is lost and how long it takes, by what is lost: minutes, each with its source. Estimates; drills measure."""

from __future__ import annotations

from knowledge.storage import Volume

POINT_IN_TIME = 5
"""What RDS' automated backups may lack: LatestRestorableTime trails the present by it (RDS User Guide, USER_PIT)."""
POINT_IN_TIME_ELSEWHERE = 30
"""The same of automated backups replicated to another region: 5 to 30 minutes (AWS Prescriptive Guidance, dr-standard-
edition-amazon-rds, rds-pitr-snapshot), the worse of it."""
FAILOVER = 2
"""A Multi-AZ instance: 60 to 120 seconds (RDS User Guide, Concepts.MultiAZ.Failover)."""
REPLICA_LAG = 1
"""Transactions that a replica has not got yet when its source is lost: seconds in good times, which alarms watch."""
PROMOTION = 10
"""A replica: some minutes and a restart (RDS User Guide, USER_ReadRepl.Promote), plus the decision and the change of
address. Ours, not AWS's figure."""
CACHE_FAILOVER = 2
"""A replica of a cache takes over within seconds to a minute or two (ElastiCache User Guide, AutoFailover)."""
CACHE_LAG = 1
"""Replication between nodes of a cache is asynchronous (ElastiCache User Guide, Replication): seconds."""
CACHE_SNAPSHOT = 24 * 60
"""ElastiCache makes one automatic snapshot a day (ElastiCache User Guide, backups-automatic); AWS Backup has none."""
CREATION = 30
"""A new instance from a snapshot until it answers, replaying logs included. Ours: AWS gives no figure."""
COPYING = 60
"""A snapshot until its copy in another region is whole, for volumes that change by some GiB a day. Ours."""


def restore(volume: Volume) -> int:
    """Minutes until a restored instance has its whole volume.

    It answers earlier, but reads each block from S3 first (RDS User Guide, USER_RestoreFromSnapshot), so it is slow
    until then. Read at the volume's throughput.
    """
    return CREATION + -(-volume.allocated * 1024 // (volume.lasting_throughput * 60))
