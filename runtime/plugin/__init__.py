"""A resource plugin over gRPC, which the genuine Pulumi engine takes for the providers `aws` and `random`."""
