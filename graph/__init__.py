"""Resources as data: what a program declares and a deployment holds, and what the providers do with each type."""
