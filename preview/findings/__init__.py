"""Findings of the preview: what is wrong with a stack that deploys, by where it was seen. Pure functions."""
