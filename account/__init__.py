"""What an AWS account has that a stack needs, and what stands in its way: looked at, never changed."""
