"""Makes docs/up.svg: a real run of `datatier up`, as rich records it.

.venv/bin/python docs/picture.py
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bootstrap.application import ACCESS, DEFINITION, MIGRATIONS

ROOT = Path(__file__).parents[1]
DATATIER = str(Path(sys.executable).with_name("datatier"))
WIDTH = 110


def run(words: list[str], folder: str) -> str:
    """What a command shows on a terminal."""
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color", "LINES": "60"}
    process = subprocess.Popen([DATATIER, *words], cwd=folder, stdout=side, stderr=side, env=environment)
    os.close(side)
    shown = b""
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        shown += chunk
    process.wait()
    return shown.decode()


def settled(shown: str) -> list[str]:
    """The lines that stay: a spinner's are overwritten."""
    lines = [line.rpartition("\r")[2] for line in shown.replace("\r\n", "\n").split("\n")]
    lines = [re.sub(r"\x1b\[(\?25[lh]|2K|1A)", "", line) for line in lines]
    return [line for line in lines if line.strip() and not re.search("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", line)]


_RUN = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[^"]+)" y="(?P<y>[^"]+)" textLength="(?P<length>[^"]+)" '
    r'clip-path="[^"]+">(?P<text>[^<]*)</text>'
)
# A character of rich's SVG: 0.61 of a font of 20 pixels (rich, Console.export_svg).
_CHARACTER = 12.2
_BLANK = "&#160;"


def joined(svg: str) -> str:
    """The picture with one text for each line, its coloured words and the blanks between them inside it.

    rich gives each word of another colour a place of its own and a length to be stretched to, and no text to blanks
    alone: where a renderer does not stretch, words touch.
    """
    begin = svg.index("<text class=", svg.index('-matrix">'))
    end = svg.index("</g>", begin)
    lines: dict[str, str] = {}
    reached: dict[str, float] = {}
    for run in _RUN.finditer(svg, begin, end):
        if run["text"].strip("\n"):
            y, x = run["y"], float(run["x"])
            gap = _BLANK * round((x - reached.get(y, 0.0)) / _CHARACTER)
            lines[y] = f'{lines.get(y, "")}{gap}<tspan class="{run["style"]}">{run["text"]}</tspan>'
            reached[y] = x + float(run["length"])
    made = [f'<text x="0" y="{y}" xml:space="preserve">{words}</text>' for y, words in lines.items()]
    return svg[:begin] + "\n    ".join(made) + "\n    " + svg[end:]


def main() -> None:
    """Bring a tier up in a folder of its own, record it, take it down."""
    with tempfile.TemporaryDirectory(prefix="tier-") as folder:
        for path in (*ROOT.glob("Pulumi*.yaml"), ROOT / ACCESS):
            (Path(folder) / path.name).write_bytes(path.read_bytes())
        for name in (MIGRATIONS, DEFINITION.parent):
            shutil.copytree(ROOT / name, Path(folder) / name)
        try:
            lines = settled(run(["up"], folder))
            again = settled(run(["up"], folder))[-1:]
        finally:
            run(["down", "--delete", "--yes"], folder)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print("[bold]$ make up[/]")
    for line in lines:
        console.print(Text.from_ansi(line.replace(folder, "~/data-tier")))
    console.print("[bold]$ datatier up[/]")
    for line in again:
        console.print(Text.from_ansi(line))
    # Without rich's web fonts: the reader's own monospaced font will do, and nothing is fetched.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make up"), flags=re.DOTALL)
    (ROOT / "docs" / "up.svg").write_text(joined(picture.replace("Fira Code", "monospace")), encoding="utf-8")


if __name__ == "__main__":
    main()
