"""What a report says is what a preview over the imported state says, re-read as any saved deployment is."""

from __future__ import annotations

import json
from collections import Counter

from offline_program import run

from adopt.adoption import Adoption
from adopt.suppress import KEY as SUPPRESS
from adopt.tags import IGNORED
from graph.saved import read
from preview.preflight import preflight

_OF_NO_RESOURCE = (SUPPRESS, IGNORED)
"""Keys of the stack's file that change nothing in what the program declares: its run is recorded without them."""


def agree(made: Adoption) -> None:
    """Assert it, and that nothing is deleted, replaced or refused."""
    config = {key: value for key, value in made.config.items() if key not in _OF_NO_RESOURCE}
    found = preflight(run(made.report.stack)(config), read(json.dumps(made.state)))
    said = [impact for each in made.report.entries for impact in each.impacts]
    assert sorted(map(repr, found.impacts)) == sorted(map(repr, said))
    verdicts = Counter(each.verdict for each in made.report.entries)
    assert (found.deleted, found.replaced, found.blocked) == (0, 0, False)
    assert found.updated == verdicts["changed"]
    assert set(verdicts) <= {"taken", "changed", "new"}
