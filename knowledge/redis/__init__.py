"""Redis and Valkey parameters on ElastiCache: computed, refused by ElastiCache, and the catalogue of all of them."""
