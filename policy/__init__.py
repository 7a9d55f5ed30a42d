"""The policy pack: rules as pure functions, the same for the offline preview and for Pulumi's engine."""
