"""What AWS does with instances, caches and their snapshots, as one protocol: AWS's own API, or this computer."""
