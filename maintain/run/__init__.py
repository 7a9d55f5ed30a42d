"""Carries a plan out, and stops before anyone feels it."""
