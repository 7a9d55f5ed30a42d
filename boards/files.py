"""Every file that is made of the catalogue: for Grafana, for Prometheus, for promtool, and what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from boards.grafana import grafana
from boards.panels.catalogue import BOARDS
from boards.prometheus import Plain, alert_rules, recording_rules, rule_tests, scrape_configuration
from boards.rules import catalogue
from boards.rules.alarms import Limits
from boards.rules.rule import Rule

RECORDING, CONFIGURATION = "recording.yml", "prometheus.yml"


def written(limits: Limits, stack: Mapping[str, float], *, runbooks: str = "", target: str) -> dict[str, str]:
    """Path -> text.

    :param limits: a stack's own numbers; empty without a stack.
    :param stack: those for all of it, likewise.
    :param runbooks: what comes before the path of each runbook.
    :param target: where Prometheus finds the exporter, `HOST:PORT`.
    """
    rules = catalogue.rules(limits, stack)
    documents: dict[str, Plain] = {
        RECORDING: recording_rules(),
        CONFIGURATION: {"rule_files": [RECORDING, "alerts/*.yml"], **scrape_configuration(target)},
    }
    documents |= {f"alerts/{name}.yml": each for name, each in alert_rules(rules, runbooks).items()}
    tests = rule_tests(rules, f"../{RECORDING}", "../alerts/{name}.yml", runbooks)
    documents |= {f"tests/{name}.yml": each for name, each in tests.items()}
    made = {f"prometheus/{name}": text(document) for name, document in documents.items()}
    made |= {f"grafana/{board.id}.json": grafana(board, rules, BOARDS) for board in BOARDS}
    return made | {"README.md": _readme(rules, target)}


def text(document: Plain) -> str:
    """A document as YAML, its keys in their order."""
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def _readme(rules: Sequence[Rule], target: str) -> str:
    absent = "\n".join(f"- `{key}`: {why}." for key, why in catalogue.not_expressed().items())
    return f"""# Metrics of the data tier

Made by `datatier metrics files`, and overwritten by it.

- `prometheus/{CONFIGURATION}`: scrapes `datatier metrics serve` at {target}. Keep `honor_labels`: the exporter
  says which server a series is of.
- `prometheus/{RECORDING}` and `prometheus/alerts/`: {len(rules)} alerts. Those of CloudWatch's alarms have its words,
  numbers and durations; `promtool test rules prometheus/tests/*.yml` rings each, and shows that the nearest thing that
  is no fault does not.
- `grafana/`: dashboards to import; each asks for the Prometheus to read from.

## Alarms that only CloudWatch has

{absent}
"""
