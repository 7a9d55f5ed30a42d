"""Rotation without downtime: a second login and a second password are proved before the old ones go.

A view of the renewal of credentials (`bootstrap/renewal/`): which ones, when, and what is said of it.
"""

from __future__ import annotations

from bootstrap.renewal.state import RotationError
from bootstrap.rotate.rotated import Rotated
from bootstrap.rotate.run import rotate

__all__ = ["Rotated", "RotationError", "rotate"]
