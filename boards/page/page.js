// The page: asks for what is new, and draws what is in view. Text from servers is never taken for markup.
"use strict";

const HOUR = 3600;
const COLOURS = 8;
const panels = new Map(); // id -> {panel, series: Map(name -> {x, y}), figure, seen, drawn}
let at = 0;
let seconds = 5;
let missed = 0;

const by = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function amount(value, unit) {
  const scaled = (steps, base) => {
    let size = Math.abs(value), step = 0;
    while (size >= base && step < steps.length - 1) { size /= base; step += 1; }
    return `${(value / base ** step).toLocaleString("en", { maximumSignificantDigits: 3 })} ${steps[step]}`.trim();
  };
  switch (unit) {
    case "percentunit": return `${(100 * value).toLocaleString("en", { maximumSignificantDigits: 3 })} %`;
    case "bytes": return scaled(["B", "KiB", "MiB", "GiB", "TiB"], 1024);
    case "Bps": return scaled(["B/s", "KiB/s", "MiB/s", "GiB/s"], 1024);
    case "ops": return `${scaled(["", "k", "M"], 1000)}/s`;
    case "ms": return amount(value / 1000, "s");
    case "s": return duration(value);
    case "short": return scaled(["", "k", "M", "G"], 1000);
    default: return value.toLocaleString("en", { maximumFractionDigits: 2 });
  }
}

function duration(value) {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 0.001) return `${(value * 1e6).toPrecision(3)} µs`;
  if (size < 1) return `${(value * 1e3).toPrecision(3)} ms`;
  if (size < 120) return `${value.toPrecision(3)} s`;
  if (size < 7200) return `${(value / 60).toPrecision(3)} min`;
  if (size < 172800) return `${(value / 3600).toPrecision(3)} h`;
  return `${(value / 86400).toPrecision(3)} d`;
}

// Text in which backticks mark code.
function prose(text) {
  return text.split("`").map((part, number) => (number % 2 ? make("code", {}, part) : part));
}

// About four round steps up to a value: 1, 2, 2.5 or 5 of a power of ten, of two for bytes, of what clocks have for time.
function steps(high, unit) {
  const rough = high / 4;
  const clock = [60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000];
  let step;
  if (unit === "s" && rough > 30) step = clock.find((each) => each >= rough) ?? 86400 * Math.ceil(rough / 86400);
  else if (unit === "bytes" || unit === "Bps") step = 2 ** Math.ceil(Math.log2(rough));
  else {
    const power = 10 ** Math.floor(Math.log10(rough));
    step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  }
  return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, number) => number * step);
}

// Headings once; the rest is filled in as values come.
function build(boards) {
  for (const board of boards) {
    by("nav").append(make("li", {}, make("a", { href: `#${board.id}` }, board.title)));
    const grid = make("div", { class: "panels" });
    for (const panel of board.panels) {
      const body = make("div", { class: "body" });
      const values = make("details", {}, make("summary", {}, "Values and limits"));
      const figure = make("figure", { id: `panel-${panel.id}` },
        make("figcaption", {}, make("h3", {}, panel.title), make("p", {}, ...prose(panel.says))), body, values);
      const kept = { panel, series: new Map(), figure, body, values, seen: false };
      values.addEventListener("toggle", () => draw(kept));
      panels.set(panel.id, kept);
      watcher.observe(figure);
      grid.append(figure);
    }
    by("boards").append(make("section", { id: board.id, "aria-labelledby": `${board.id}-title` },
      make("h2", { id: `${board.id}-title` }, board.title), grid));
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const kept = panels.get(entry.target.id.slice("panel-".length));
    kept.seen = entry.isIntersecting;
    if (kept.seen) draw(kept);
  }
}, { rootMargin: "200px" });

function take(kept, panel) {
  kept.panel = panel;
  if (panel.form !== "graph") kept.series.clear();
  for (const { name, x, y } of panel.series) {
    const line = kept.series.get(name) ?? { x: [], y: [] };
    line.x.push(...x);
    line.y.push(...y);
    kept.series.set(name, line);
  }
  for (const [name, line] of kept.series) {
    const old = line.x.findIndex((time) => time >= at - HOUR);
    if (old === -1) kept.series.delete(name);
    else if (old > 0) { line.x.splice(0, old); line.y.splice(0, old); }
  }
}

function newest(kept) {
  return [...kept.series].filter(([, line]) => line.x.at(-1) === at).map(([name, line]) => [name, line.y.at(-1)]);
}

function draw(kept) {
  const { panel, body, values } = kept;
  const now = newest(kept).sort((a, b) => (panel.form === "bars" ? b[1] - a[1] : a[0].localeCompare(b[0])));
  if (kept.series.size === 0) {
    Plotly.purge(body);
    body.replaceChildren(make("p", { class: "none" }, make("span", {}, ...prose(panel.empty || "No data yet."))));
  } else if (panel.form === "graph") {
    graph(kept, now);
  } else {
    body.replaceChildren(make("div", { class: "list", tabindex: "0", role: "region", "aria-label": panel.title },
      tabled(now, panel.unit)));
  }
  if (values.open) {
    const limits = panel.limits.map((each) => make("p", {}, make("strong", {}, each.severity),
      ` beyond ${amount(each.value, panel.unit)}: ${each.source}`));
    values.replaceChildren(values.firstElementChild, ...limits, ...(panel.form === "graph" ? [tabled(now, panel.unit)] : []));
  }
}

function tabled(rows, unit) {
  const body = make("tbody");
  for (const [name, value] of rows) {
    body.append(make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, amount(value, unit))));
  }
  return make("table", {}, body);
}

function graph(kept, now) {
  const { panel } = kept;
  let chart = kept.body.querySelector(".chart");
  if (!chart) {
    chart = make("div", { class: "chart", role: "img" });
    kept.body.replaceChildren(chart, make("ul", { class: "legend" }));
  }
  chart.setAttribute("aria-label", `${panel.title}: ` + (now.length
    ? now.slice(0, 6).map(([name, value]) => `${name} ${amount(value, panel.unit)}`).join(", ") : "no value now"));
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const names = [...kept.series.keys()].sort();
  const traces = names.map((name, number) => {
    const line = gapped(kept.series.get(name));
    return {
      name, x: line.x.map((time) => new Date(1000 * time)), y: line.y, type: "scatter", mode: line.x.length > 1 ? "lines" : "markers",
      line: { width: 1.6, color: colour(`--s${1 + number % COLOURS}`), dash: number < COLOURS ? "solid" : "dot" },
      marker: { size: 5, color: colour(`--s${1 + number % COLOURS}`) },
      text: line.y.map((value) => (value === null ? "" : amount(value, panel.unit))), hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
    };
  });
  const top = Math.max(0, ...traces.flatMap((trace) => trace.y.filter((value) => value !== null)));
  // A limit is drawn where the values come near it: far above, it would flatten them.
  const near = panel.limits.filter((limit) => panel.unit === "percentunit" ? limit.value <= Math.max(1, top) : limit.value <= 2 * top);
  const high = Math.max(top, ...near.map((limit) => limit.value), panel.unit === "percentunit" && top <= 1 && near.length ? 1 : 0);
  const scale = high || 1;
  const tickvals = steps(scale, panel.unit);
  const from = Math.max(first(kept), at - HOUR);
  kept.body.querySelector(".legend").replaceChildren(...(names.length > 1 ? names : []).map((name, number) => {
    const swatch = make("span", { class: `swatch${number < COLOURS ? "" : " dotted"}`, "aria-hidden": "true" });
    swatch.style.setProperty("--swatch", `var(--s${1 + number % COLOURS})`);
    return make("li", {}, swatch, name);
  }));
  Plotly.react(chart, traces, {
    margin: { l: 62, r: 10, t: 6, b: 22 }, height: 170, showlegend: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: colour("--text"), size: 11 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("--card"), font: { color: colour("--text") } },
    xaxis: { type: "date", range: [new Date(1000 * from), new Date(1000 * at)], gridcolor: colour("--line"), nticks: 5,
      tickformat: at - from > 900 ? "%H:%M" : "%H:%M:%S" },
    yaxis: { range: [0, 1.06 * scale], tickvals, ticktext: tickvals.map((value) => amount(value, panel.unit)),
      gridcolor: colour("--line"), zeroline: false, fixedrange: true },
    shapes: near.map((limit) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: limit.value, y1: limit.value,
      line: { dash: "dash", width: 1.2, color: colour(limit.severity === "critical" ? "--critical" : "--warn") } })),
  }, { displayModeBar: false, responsive: true, staticPlot: false });
}

// Where a server was silent there is no line.
function gapped(line) {
  const x = [], y = [];
  line.x.forEach((time, number) => {
    if (number && time - line.x[number - 1] > 4 * seconds) { x.push(time - seconds); y.push(null); }
    x.push(time);
    y.push(line.y[number]);
  });
  return { x, y };
}

function first(kept) {
  return Math.min(at - 60, ...[...kept.series.values()].map((line) => line.x[0]));
}

function servers(health) {
  by("servers").replaceChildren(...(health.nodes ?? []).map((node) => make("li", { class: node.up ? "up" : "down" },
    make("strong", {}, node.name), make("span", {}, `${node.engine}${node.role ? `, ${node.role}` : ""}: `),
    make("span", { class: "said" }, node.up ? `up${node.ms == null ? "" : `, ${node.ms.toLocaleString("en", { maximumFractionDigits: 1 })} ms`}` : "silent: it does not answer"))));
}

function findings(health) {
  const open = new Set([...by("findings").querySelectorAll("details[open]")].map((each) => each.dataset.key));
  const worst = { critical: 0, warn: 1, stale: 2, skipped: 3, ok: 4 };
  const checks = [...(health.checks ?? [])].sort((a, b) => worst[a.status] - worst[b.status]);
  const rows = checks.filter((each) => !["ok", "skipped"].includes(each.status)).map((check) => finding(check, open));
  for (const [status, said] of [["skipped", "could not be made"], ["ok", "are within their thresholds"]]) {
    const some = checks.filter((each) => each.status === status);
    if (some.length) rows.push(grouped(status, `${some.length} checks ${said}`, some, open));
  }
  by("findings").replaceChildren(...(rows.length ? rows : [make("li", {}, "Nothing has been checked yet.")]));
}

function grouped(status, said, checks, open) {
  const details = make("details", { "data-key": status }, make("summary", {},
    make("span", { class: `status ${status}` }, status), said),
  make("ul", { class: "findings" }, ...checks.map((check) => finding(check, open))));
  details.open = open.has(status);
  return make("li", {}, details);
}

function finding(check, open) {
  const key = [check.id, check.node, check.object ?? ""].join(" ");
  const more = make("dl");
  const say = (name, value) => value && more.append(make("dt", {}, name), make("dd", {}, value));
  const limit = check.threshold == null ? "" : `${check.threshold.toLocaleString("en")} ${check.unit ?? ""}`.trim();
  say("threshold", limit);
  say("source", check.source);
  say("mend", check.mend && make("code", {}, check.mend));
  say("runbook", check.runbook);
  const details = make("details", { "data-key": key }, make("summary", {
    title: [limit && `threshold ${limit}`, check.source].filter(Boolean).join(": ") },
    make("span", { class: `status ${check.status}` }, check.status),
    (check.node ? `${check.node}: ` : "") + (check.message ?? check.id)), more);
  details.open = open.has(key);
  return make("li", {}, details);
}

function state(failed) {
  missed = failed ? missed + 1 : 0;
  const age = at ? Math.round(Date.now() / 1000 - at) : 0;
  const old = failed || age > 3 * seconds + 5;
  by("state").classList.toggle("stale", old);
  // Said aloud when it changes, not with every reading.
  const aloud = old ? "The values are old." : "";
  if (by("aloud").textContent !== aloud) by("aloud").textContent = aloud;
  const time = at ? new Date(1000 * at).toLocaleTimeString() : "";
  if (failed) by("state").textContent = `datatier dashboard does not answer; values of ${time || "never"}.`;
  else if (!at) by("state").textContent = "Reading for the first time.";
  else if (old) by("state").textContent = `The last reading is ${age} s old.`;
  else by("state").textContent = `Read at ${time}, every ${seconds} s; the last hour is kept while this runs.`;
}

async function ask() {
  try {
    const answer = await fetch(`/data.json?since=${at}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const found = await answer.json();
    by("stack").textContent = found.stack;
    document.title = `Data tier ${found.stack}`;
    seconds = found.seconds;
    if (panels.size === 0) build(found.boards);
    const fresh = found.at !== at;
    at = found.at;
    for (const board of found.boards) {
      for (const panel of board.panels) {
        const kept = panels.get(panel.id);
        take(kept, panel);
        if (fresh && kept.seen) draw(kept);
      }
    }
    servers(found.health);
    findings(found.health);
    state(false);
  } catch {
    state(true);
  }
  setTimeout(ask, 1000 * Math.min(seconds, 5) * Math.min(1 + missed, 6));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => panels.forEach((kept) => kept.seen && draw(kept)));
addEventListener("DOMContentLoaded", ask);
