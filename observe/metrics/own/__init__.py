"""What no other exporter tells: verdicts, the state of migrations, schema and access, secrets, key spaces."""
