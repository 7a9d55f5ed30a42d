"""The dashboards as Grafana's JSON, by its own types for them (grafana-foundation-sdk).

The SDK's release for Grafana 10.1 is used: a newer Grafana migrates a dashboard when it reads one, an older one cannot
go back (Grafana, Dashboard JSON model: schemaVersion).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards.changed import only
from boards.expression import NODE, promql
from boards.limits import Limit, limits
from boards.panels.panel import Board, Panel
from boards.rules.rule import Rule

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
_COLOURS = {"warning": "orange", "critical": "red"}
_WIDTH, _HEIGHT = 8, 8
"""Three in a row of Grafana's 24 columns."""
_Made = bargauge.Panel | table.Panel | timeseries.Panel


def grafana(board: Board, rules: Sequence[Rule], others: Iterable[Board] = ()) -> str:
    """The dashboard as JSON, with links to the others."""
    made = (
        dashboard.Dashboard(f"Data tier: {board.title}")
        .uid(f"datatier-{board.id}")
        .tags(["datatier"])
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_servers())
    )
    for other in others:
        link = dashboard.DashboardLink(other.title).type(model.DashboardLinkType.LINK)
        made.link(link.url(f"/d/datatier-{other.id}").keep_time(True).include_vars(True))
    for number, panel in enumerate(board.panels, start=1):
        made.with_panel(_panel(panel, limits(panel, rules)).id(number))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _servers() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(NODE)
        .label("Server")
        .datasource(SOURCE)
        .query({"query": f"label_values(datatier_up, {NODE})", "refId": "servers"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(model.VariableOption(text=["All"], value=["$__all"]))
    )


def _panel(panel: Panel, lines: Sequence[Limit]) -> _Made:
    made = _drawn(panel)
    made.title(panel.title).description(_said(panel, lines)).datasource(SOURCE).unit(panel.unit)
    made.height(_HEIGHT).span(_WIDTH).no_value(panel.empty or "no data").thresholds(_steps(lines))
    for number, line in enumerate(panel.lines):
        expression = promql(only(line.expression, (NODE, "=~", "$instance")), window="$__rate_interval")
        query = prometheus.Dataquery().expr(expression).legend_format(line.legend).ref_id(chr(ord("A") + number))
        if panel.form == "list":
            query.format(PromQueryFormat.TABLE)
        made.with_target(query.range() if panel.form == "graph" else query.instant())
    return made


def _drawn(panel: Panel) -> _Made:
    if panel.form == "list":
        return table.Panel()
    if panel.form == "bars":
        return bargauge.Panel().orientation(common_model.VizOrientation.HORIZONTAL).min(0)
    made = timeseries.Panel().fill_opacity(8).min(0)
    if panel.unit == "percentunit":
        made.axis_soft_max(1)
    legend = common.VizLegendOptions().display_mode(common_model.LegendDisplayMode.LIST)
    made.legend(legend.placement(common_model.LegendPlacement.BOTTOM).show_legend(True))
    made.tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
    style = common.GraphThresholdsStyleConfig().mode(common_model.GraphTresholdsStyleMode.DASHED)
    return made.thresholds_style(style)


def _said(panel: Panel, lines: Sequence[Limit]) -> str:
    return "\n\n".join([panel.says, *(f"{each.severity} beyond {each.value:g}: {each.source}" for each in lines)])


def _steps(lines: Sequence[Limit]) -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(value=each.value, color=_COLOURS[each.severity]) for each in lines]
    config = dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE)
    return config.steps([model.Threshold(value=None, color="green"), *steps])
