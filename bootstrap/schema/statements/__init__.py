"""The statements that make each kind of object from its entry in the definition. Pure."""
