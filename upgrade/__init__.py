"""Upgrade plans: the ordered legal steps from what a stack runs to what it shall run. Data, nothing is changed."""
