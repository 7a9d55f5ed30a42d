"""Tables: whole in a pipe whatever its width is said to be, folded and never cut on a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.text import Text

from bootstrap.action import Action
from cli import access_view, output

LONG = "a finding of the shop that is far longer than any terminal " * 9
ROWS = [("shop-eu-primary", "[red]missing[/]", LONG.strip()), ("queue", None, 3)]
WHOLE = [
    "shop",
    "check            state    said",
    f"shop-eu-primary  missing  {LONG.strip()}",
    "queue                     3",
]


@pytest.mark.parametrize("columns", ["40", "80", "200", None])
def test_a_table_in_a_pipe_is_whole_and_has_no_blanks_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str | None
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    output.console().print(output.table("shop", ("check", "state", "said"), ROWS))
    assert capsys.readouterr().out.splitlines() == WHOLE


def on_terminal(width: int, rows: list[tuple[object, ...]]) -> list[str]:
    out = io.StringIO()
    made = Console(file=out, force_terminal=True, color_system=None, width=width, soft_wrap=True, highlight=False)
    made.print(output.table("", ("check", "state", "said"), rows))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_on_a_terminal_every_character_is_there_and_no_line_is_wider(width: int) -> None:
    lines = on_terminal(width, [("shop-eu-primary-01", "ok", "abc " * 40)])
    assert max(map(len, lines)) <= width
    text = "".join("".join(lines).split())
    assert (text.count("abc"), "…" in text) == (40, False)
    assert "".join(line[:24] for line in lines).count("shop") == 1


@pytest.mark.parametrize(("width", "folded"), [(12, True), (51, True), (52, False), (80, False)])
def test_a_name_that_is_whole_is_folded_only_where_it_takes_most_of_the_line(width: int, folded: bool) -> None:
    name = "20261130T140611793Z-d55ad0"
    lines = on_terminal(width, [(output.whole(name), "shop " * 20, "abc " * 20)])
    text = "".join("".join(lines).split())
    assert (any(name in line for line in lines), "…" in text) == (not folded, False)
    assert max(map(len, lines)) <= width
    assert (text.count("abc"), sum(text.count(each) for each in "TZ")) == (20, 2)
    assert not any(name in line for line in on_terminal(52, [(name, "shop " * 20, "abc " * 20)]))
    assert output.whole("a\x1b[red]").plain == "a\\x1b[red]"


@pytest.mark.parametrize(
    ("title", "columns", "rows", "shown"),
    [
        ("", ("", ""), [("a", "b")], ["a  b"]),
        ("nothing", ("a", "b"), [], ["nothing", "a  b"]),
        ("", (":id:",), [("kms:key:shop",)], [":id:", "kms:key:shop"]),
        ("", ("a",), [("two\nlines",)], ["a", "two lines"]),
        ("", ("a",), [(Text("[red]as it is"),)], ["a", "[red]as it is"]),
    ],
)
def test_tables(
    capsys: pytest.CaptureFixture[str],
    title: str,
    columns: tuple[str, ...],
    rows: list[tuple[object, ...]],
    shown: list[str],
) -> None:
    output.console().print(output.table(title, columns, rows))
    assert capsys.readouterr().out.splitlines() == shown


@pytest.mark.parametrize("print_", [lambda out: out.print("x" * 5000), lambda out: out.print(Text("x" * 5000))])
def test_a_line_in_a_pipe_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], print_: Callable[[Console], None]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert not sys.stdout.isatty()
    print_(output.console())
    assert capsys.readouterr().out == "x" * 5000 + "\n"


@pytest.mark.parametrize(
    ("terminal", "count", "shown"),
    [(True, 2, "a0, a1"), (True, 4, "a0, a1 and 2 more"), (False, 4, "a0, a1, a2, a3"), (False, 0, "")],
)
def test_names_are_all_there_in_a_pipe(terminal: bool, count: int, shown: str) -> None:
    out = Console(file=io.StringIO(), force_terminal=terminal)
    assert output.listed(out, [f"a{number}" for number in range(count)], 2) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[red]shop", "[red]shop"),
        ("\\[red]shop", "\\[red]shop"),
        ("\\[/nope]", "\\[/nope]"),
        ("\x1b]0;shop\x07\x9b2J", "\\x1b]0;shop\\x07\\x9b2J"),
        ("таблица ☃\tor\nline", "таблица ☃\tor\nline"),
    ],
)
def test_what_an_application_named_is_shown_and_not_obeyed(
    capsys: pytest.CaptureFixture[str], text: str, shown: str
) -> None:
    output.console().print(f"[bold]{output.escape(text)}[/]", soft_wrap=True)
    assert capsys.readouterr().out.expandtabs() == f"{shown}\n".expandtabs()


CHANGE = Action(
    engine="postgres", target="shop", identity="shop_web", verb="grant", subject="role shop_web", text="GRANT"
)


@pytest.mark.parametrize(
    ("changes", "differences", "said"),
    [
        (0, 0, "nothing differs"),
        (0, 1, "nothing to change; 1 difference that is not ours to change"),
        (0, 2, "nothing to change; 2 differences that are not ours to change"),
        (1, 1, "1 change, 0 of them take something away"),
        (2, 0, "2 changes, 0 of them take something away"),
    ],
)
def test_one_is_not_written_as_many(
    capsys: pytest.CaptureFixture[str], changes: int, differences: int, said: str
) -> None:
    access_view.summary(output.console(), [CHANGE] * changes, ["a stranger"] * differences)
    assert capsys.readouterr().out == f"{said}\n"
