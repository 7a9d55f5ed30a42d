"""Drills: restore apart from everything, prove, measure, destroy, and keep the report."""
