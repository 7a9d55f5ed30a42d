"""Another application's name in a page: the whole table of what is meant by it and what is not."""

from __future__ import annotations

import pytest

from scaffold.rename import renamed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoo", "web-shop"),
        ("The application `zoo`, ZOO, and (zoo).", "The application `web-shop`, web-shop, and (web-shop)."),
        ("zoo_app, zoo_app_a, ROLE zoo_owner;", "web_shop_app, web_shop_app_a, ROLE web_shop_owner;"),
        ("zoo-prod-main-zoo-app zoo-prod/zoo_app", "web-shop-prod-main-web-shop-app web-shop-prod/web_shop_app"),
        (
            "/aws/ecs/zoo-prod-copies, role/delivery/zoo-dev",
            "/aws/ecs/web-shop-prod-copies, role/delivery/web-shop-dev",
        ),
        ("before_zoo", "before_web_shop"),
        ('>zoo_app</tspan> {RuleName="zoo-prod"}', '>web_shop_app</tspan> {RuleName="web-shop-prod"}'),
        # Inside other words it is not meant.
        (
            "bamboozoo zoology zooapp 2zoo zoo2 ooze",
            "bamboozoo zoology zooapp 2zoo zoo2 ooze",
        ),
        ("dazoo_x xzoo-prod", "dazoo_x xzoo-prod"),
        # Columns: the gap after it gives way, and two blanks stay.
        ("zoo_app        # one", "web_shop_app   # one"),
        ("a zoo_app main    # two", "a web_shop_app main  # two"),
        ("zoo  # three", "web-shop  # three"),
        ("main/zoo-local  7  x", "main/web-shop-local  7  x"),
        ("zoo_a        zoo_b        end", "web_shop_a   web_shop_b   end"),
        ("zoo&#160;&#160;&#160;&#160;&#160;&#160;&#160;&#160;x", "web-shop&#160;&#160;&#160;x"),
        ("zoo one blank\nzoo\n", "web-shop one blank\nweb-shop\n"),
        ("", ""),
    ],
)
def test_by_word(text: str, expected: str) -> None:
    assert renamed(text, "zoo", "web-shop") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-shop-prod web_shop_app `web-shop`", "x-prod x_app `x`"),
        ("web_shop_app        # one", "x_app               # one"),
        ("web shop, webshop, web-shopping", "web shop, webshop, web-shopping"),
    ],
)
def test_a_name_with_a_hyphen_is_found_in_both_forms(text: str, expected: str) -> None:
    assert renamed(text, "web-shop", "x") == expected


def test_there_and_back() -> None:
    line = "`zoo-prod`: zoo_app of `zoo`      # ZOO's"
    assert renamed(renamed(line, "zoo", "shop"), "shop", "zoo") == line.replace("ZOO", "zoo")
