"""Redis users on self-managed servers and on ElastiCache: one protocol, two back ends."""
