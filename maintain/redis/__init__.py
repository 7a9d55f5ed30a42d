"""What a cache's node asks for. Pure."""
