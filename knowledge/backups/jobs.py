"""When a job of AWS Backup may begin and must have ended. Minutes; AWS Backup Developer Guide, plan-options-and-
configuration."""

from __future__ import annotations

START_WINDOW = 60
"""In which a job must begin; it is tried again every ten. 60 is the least."""
COMPLETION_WINDOW = 720
"""After which a job that has not ended is cancelled."""
NEAR = 60
"""Before RDS's maintenance window in which no job begins. For its backup window AWS only says "too close to the
automated backup window", in the job's own message; the same is taken."""
