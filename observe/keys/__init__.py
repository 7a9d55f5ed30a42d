"""What keys a cache holds, by the key spaces of access.yaml: from a paced scan or a file, judged in one place."""
