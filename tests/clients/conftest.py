"""The server that all real clients share."""

from __future__ import annotations

from real_client import real_clients

__all__ = ["real_clients"]
