"""Looks into an instance that AWS Backup has restored for a test: can it be logged in to, and is it all there?"""

from bootstrap.restored.checks import RestoreCheck, Verdict, judge

__all__ = ["RestoreCheck", "Verdict", "judge"]
