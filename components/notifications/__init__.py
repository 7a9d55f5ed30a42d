"""The topics of a stack: who may publish to them, and who receives what is published."""
