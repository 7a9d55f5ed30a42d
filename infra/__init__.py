"""The Pulumi program: settings of a stack and the composition of its components."""
