"""What is inside PostgreSQL: the master, roles and privileges, passwords, extensions; desired, live, plan, apply."""
