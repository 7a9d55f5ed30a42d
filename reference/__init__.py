"""References for people and for editors, made from the types of a stack's file and of access.yaml."""
