"""Knowledge without Pulumi: instance classes, engine parameters and alarm thresholds as pure functions."""
