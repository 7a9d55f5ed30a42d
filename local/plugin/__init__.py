"""The substrate's second door: a resource plugin, which the genuine Pulumi engine takes for `aws` and `random`."""
