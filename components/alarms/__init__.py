"""CloudWatch alarms on servers and on their logs."""
