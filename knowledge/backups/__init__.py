"""AWS Backup and RDS backups: job windows, regions, and how long a recovery takes."""
