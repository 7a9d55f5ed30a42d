"""What is inside the engines: schema, roles, ACL users, checks. Works from a `Manifest` alone."""
