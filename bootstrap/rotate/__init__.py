"""Rotation without downtime: another login and a second password are proven before the old ones go (C6).

What is left to do is read from the stages in Secrets Manager alone, so whoever comes next can go on: AWSPENDING is a
credential that is not proven yet, AWSPREVIOUS beside a current one that a rotation made is not retired yet.
"""

from __future__ import annotations

from bootstrap.rotate.plan import Rotated, RotationError
from bootstrap.rotate.run import rotate

__all__ = ["Rotated", "RotationError", "rotate"]
