"""Reusable Pulumi components: what AWS holds. They know Pulumi and nothing of this project's stack files."""
