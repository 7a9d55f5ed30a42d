"""A tier that Terraform made: what to adopt, out of its state, and what the state must then forget. Pure."""
