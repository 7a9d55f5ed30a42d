"""What an address that hears of alarms looks like, by its kind: the pattern, and an example."""

from __future__ import annotations

# SNS Subscribe, Endpoint: a FIFO queue cannot be subscribed to a standard topic, and its name ends in `.fifo`.
ENDPOINTS = {
    "email": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "oncall@example.org"),
    "https": (r"https://\S+", "https://events.example.org/..."),
    "sqs": (r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+", "arn:aws:sqs:eu-west-1:123456789012:queue"),
    "slack": (r"[A-Z0-9]+/[A-Za-z0-9]+", "T0123ABC/C0456DEF"),
}
