"""Whether every server answers, how fast, and what of it is beyond its threshold."""
