"""The dashboards as data, one file each; Grafana and the page on this computer show the same panels."""
