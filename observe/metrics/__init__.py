"""The exporter: what the servers report, as Prometheus reads it, under the names that dashboards know."""
