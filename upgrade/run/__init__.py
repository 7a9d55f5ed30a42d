"""Carries an upgrade plan out, step by step: any step may be the last of a run."""
