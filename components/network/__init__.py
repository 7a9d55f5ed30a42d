"""The VPC and its subnets, security groups and flow logs."""
