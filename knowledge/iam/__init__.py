"""IAM actions that the resources need, and the statements that grant them."""
