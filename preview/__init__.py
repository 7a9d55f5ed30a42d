"""The offline preview: what a stack would create, told without credentials, engine or CLI."""
