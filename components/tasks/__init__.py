"""Tasks of ECS on Fargate inside the VPC: what they take, their security group and roles."""
