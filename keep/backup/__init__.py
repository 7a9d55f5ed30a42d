"""One backup: its manifest, how it is made, listed, verified, restored and let go."""
