"""Declared beside observed: one plan of actions, one order to do them in, one rule for when a secret becomes current.

`bootstrap`, `access plan|apply|verify` and `drift` are views of it (ADR 0028).
"""
