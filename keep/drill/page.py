"""The frame of a report's page: one file with nothing from elsewhere, in light, dark and on paper."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --text: #1c2024; --soft: #5f6770; --line: #d9dde2; --band: #f3f5f7;
  --bar: #2f6fd0; --after: #a9b2bd; --good: #1a7f4b; --bad: #c2293a; --none: #8a5a00; --mark: #c2293a; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --soft: #9aa4ae; --line: #333a41;
  --band: #1c2126; --bar: #6ea2f2; --after: #56606b; --good: #4cc38a; --bad: #ff7b86;
  --none: #e5b454; --mark: #ff7b86; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1.25rem 3rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 999px; border: 1.5px solid currentColor;
  font-size: .95rem; font-weight: 600; vertical-align: .2rem; margin-left: .4rem; }
.passed { color: var(--good); } .failed { color: var(--bad); } .error { color: var(--none); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; margin: 1.25rem 0 0; }
.number { background: var(--band); border-radius: .5rem; padding: .75rem 1rem; }
.number b { font-size: 1.6rem; font-weight: 600; display: block; font-variant-numeric: tabular-nums; }
.row { display: grid; grid-template-columns: 6.5rem 1fr 5.5rem; gap: .75rem; align-items: center; padding: .2rem 0; }
.row > :last-child { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.row svg, .number svg { display: block; width: 100%; }
.number svg { margin: .4rem 0; }
.ticks { position: relative; height: 1.4rem; font-size: .85rem; }
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.ticks span:first-child { transform: none; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; } td:not(:last-child) { overflow-wrap: break-word; } th { font-weight: 600; }
code { font-size: .9em; overflow-wrap: anywhere; }
.track { fill: var(--band); } .bar { fill: var(--bar); } .after { fill: var(--after); }
.over { fill: var(--bad); } .mark { stroke: var(--mark); stroke-width: 2; vector-effect: non-scaling-stroke;
  stroke-dasharray: 4 3; }
.goal { stroke: var(--text); stroke-width: 2; vector-effect: non-scaling-stroke; }
.number .track { fill: var(--line); }
@media (max-width: 40rem) { .row { grid-template-columns: 4.8rem 1fr 5.4rem; gap: .5rem; } }
@media print { :root { color-scheme: light; --ground: #fff; --text: #000; --soft: #444; --line: #bbb; --band: #eee;
  --bar: #2f6fd0; --after: #999; --good: #1a7f4b; --bad: #c2293a; --none: #8a5a00; --mark: #c2293a; }
  body { padding: 0; max-width: none; font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h2 { break-after: avoid; } .row, tr, .number { break-inside: avoid; } }
"""


def page(title: str, body: str, style: str = "") -> str:
    """Return the page; `title` is plain text, `body` is HTML, `style` is what only this kind of page needs."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
