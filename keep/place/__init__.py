"""Where backups lie: a folder or a bucket, behind one protocol."""
