"""A cache in a backup: by scan, by RDB file or by ElastiCache's snapshot, and the way back."""
