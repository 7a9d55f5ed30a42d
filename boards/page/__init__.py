"""The panels as one page on this computer: read by the exporter in this process, kept for an hour, shown live."""
