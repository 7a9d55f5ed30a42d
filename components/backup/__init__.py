"""Backups of the primary by AWS Backup: plan, vaults, copies in a second region, restore tests."""
