"""The components as a Pulumi package: their schema, and the plugin that makes them for programs in any language."""

NAME = "data-tier"
VERSION = "0.1.0"
"""As in pyproject.toml."""
