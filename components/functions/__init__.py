"""Lambda functions in the VPC: the runner, rotation, the scheduled metrics, and what they have in common."""
