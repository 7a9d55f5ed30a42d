"""The exporter as a service of ECS on Fargate: what it is, what it may, and who reaches it."""
