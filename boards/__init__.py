"""What the exporter's metrics become: dashboards, alert rules, and a page on this computer; one catalogue for all."""
