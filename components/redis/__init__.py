"""The Redis/Valkey component: caches and their users."""
