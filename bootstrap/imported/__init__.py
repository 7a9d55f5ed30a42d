"""A live server in the words of access.yaml, part by part: identities, their grants, everybody's, policies."""
