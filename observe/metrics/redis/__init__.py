"""What redis_exporter tells of a Redis or Valkey node, under its names."""
