"""Redis access rules as data: parsed as acl.c does, expanded by the server's own table, compared by their effect."""
