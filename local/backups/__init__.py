"""Automated backups of the tier's primaries, as RDS has them: base backups and the WAL since, and the way back."""
