"""Five patterns on the caches of a data tier: copy this folder into an application; it needs redis-py 5 or newer."""
