"""The offline preview: what a stack would create, worked out without credentials, engine or CLI."""
