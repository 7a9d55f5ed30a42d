"""Which parameters make the log filters deaf."""

from __future__ import annotations

import pytest

from knowledge.postgres.log_format import deaf


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, set()),
        ({"log_line_prefix": "%t:%r:%u@%d:[%p]:"}, set()),
        ({"log_line_prefix": "%m [%p] "}, {"log_line_prefix"}),
        ({"log_error_verbosity": "terse"}, set()),
        ({"log_error_verbosity": "verbose"}, {"log_error_verbosity"}),
        ({"lc_messages": "en_US.UTF-8"}, set()),
        ({"lc_messages": "de_CH.UTF-8"}, {"lc_messages"}),
        ({"log_destination": "stderr,csvlog"}, set()),
        ({"log_destination": "csvlog"}, {"log_destination"}),
        ({"log_min_messages": "error"}, set()),
        ({"log_min_messages": "panic"}, {"log_min_messages"}),
    ],
)
def test_deaf(parameters: dict[str, str], found: set[str]) -> None:
    assert set(deaf(parameters)) == found
