"""What is inside PostgreSQL: the master, roles and privileges, passwords, extensions; desired, live, plan, apply."""

SCHEMA = "public"
"""Where the books of the migrations are, and what access is declared for."""
