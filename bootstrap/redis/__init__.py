"""Redis users on servers of one's own and on ElastiCache: one protocol, two back ends."""
