"""The way back: what was adopted leaves Pulumi's state and stays in AWS as it is; what the stack made goes. Pure."""
