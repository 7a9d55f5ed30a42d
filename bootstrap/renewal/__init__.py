"""How one credential is replaced: read where it stands, plan what is left, carry it out.

The same for identities, the master and AUTH tokens. Where a credential stands is read from the stages of its secret
alone (ADR 0010), so every step may be the last one of a run, and whoever comes next goes on.
"""
