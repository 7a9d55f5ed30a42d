"""Lambda functions in the VPC that run the bootstrap's code: the runner, rotation, and what both have in common."""
