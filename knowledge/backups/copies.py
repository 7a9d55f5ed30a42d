"""Logical copies of a stack: how often they are made, and where each part of the work can run."""

from __future__ import annotations

BETWEEN_MINUTES = 24 * 60
"""From one copy to the next: one a day."""
MAKING_MINUTES = 120
"""In which a copy is made and verified. A dump of 700 MB took 15 to 80 s on two busy cores, with its proof; 100 GB at
that rate take two hours at worst."""
KEEP_DAYS, DAILY_DAYS = 30, 7
"""Days that the first copy of each week is kept, and every copy (rule F1), unless a stack says otherwise."""
FOLDER = "backups/"
"""Where they lie in the stack's own bucket. Nothing expires there by itself: what goes, retention decides, which never
lets the last verified copy go, as a rule by age would (S3 User Guide, "Expiring objects")."""
