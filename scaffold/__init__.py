"""An application's files as data, and how a checkout becomes another application's (docs/make-it-yours.md)."""
