"""Compares declared and observed state: one plan of actions, one order, one rule for when a secret becomes current.

`bootstrap`, `access plan|apply|verify` and `drift` are views of it (ADR 0028).
"""
