"""The PostgreSQL component: primary, replicas, and one replica in another region."""
