"""The exporter: what the servers tell of themselves, as Prometheus reads it, under the names that dashboards know."""
