"""Parameters that change how PostgreSQL writes its log, so that the log filters of the alarms find nothing in it."""

from __future__ import annotations

from collections.abc import Mapping


def deaf(parameters: Mapping[str, str]) -> dict[str, str]:
    """Parameter -> what the filters miss with its value. They are written for RDS's own `%t:%r:%u@%d:[%p]:`.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.overview.parameter-groups.html
    """
    found = {}
    if not parameters.get("log_line_prefix", "]:").endswith("]:"):
        found["log_line_prefix"] = "they look for a prefix that ends in `]:`"
    if parameters.get("log_error_verbosity") == "verbose":
        found["log_error_verbosity"] = "SQLSTATE would stand between severity and message"
    if not parameters.get("lc_messages", "C").startswith(("C", "en_", "POSIX")):
        found["lc_messages"] = "they look for English messages"
    if "stderr" not in parameters.get("log_destination", "stderr"):
        found["log_destination"] = "they read the plain log, `stderr`"
    if parameters.get("log_min_messages") in ("fatal", "panic"):
        found["log_min_messages"] = "errors would not be written"
    return found
