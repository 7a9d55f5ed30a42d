"""Looks into an instance that AWS Backup has restored for a test: can it be logged in to, and is it all there?

It is read (`look.py`) as drift and a bootstrap read the primary, and judged by what was read (`verdict.py`).
"""
