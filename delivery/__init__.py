"""The Pulumi program of an account's delivery roles: run once, by an administrator, before any pipeline runs."""
