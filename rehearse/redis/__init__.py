"""Another engine or version of a cache: its keys and users brought into that server."""
