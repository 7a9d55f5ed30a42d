"""What a bucket may be called: Amazon S3 User Guide, "General purpose bucket naming rules"."""

from __future__ import annotations

# No address of IPv4, no two periods in a row, and none of the beginnings and endings that S3 keeps for itself.
NAME = (
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!\d{1,3}(?:\.\d{1,3}){3}$)(?!.*\.\.)"
    r"(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
