"""A server's catalogs read in the shape of the definition: one query for each family of objects, one module each."""
