"""Two ways for a Pulumi program to reach a `Cloud`: an in-process monitor, and a plugin of the genuine engine."""
