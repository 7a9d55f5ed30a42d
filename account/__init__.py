"""What a stack needs of an AWS account, and what is in its way: read, never changed."""
