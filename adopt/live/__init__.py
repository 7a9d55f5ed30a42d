"""What the provider's Read says of each thing that is there: one file for each type of resource. Pure."""
