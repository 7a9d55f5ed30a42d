"""Whether a declared alarm would notify somebody: read from the declaration, and tested by real notifications."""
