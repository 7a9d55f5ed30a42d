"""Alert and recording rules for Prometheus: the alarms of CloudWatch, and what only the servers tell."""
