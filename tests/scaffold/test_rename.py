"""Another application's name in a page: the whole table of what is meant by it and what is not."""

from __future__ import annotations

import pytest

from scaffold.rename import renamed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tmi", "web-shop"),
        ("The application `tmi`, TMI, and (tmi).", "The application `web-shop`, web-shop, and (web-shop)."),
        ("tmi_app, tmi_app_a, ROLE tmi_owner;", "web_shop_app, web_shop_app_a, ROLE web_shop_owner;"),
        ("tmi-prod-main-tmi-app tmi-prod/tmi_app", "web-shop-prod-main-web-shop-app web-shop-prod/web_shop_app"),
        (
            "/aws/ecs/tmi-prod-copies, role/delivery/tmi-dev",
            "/aws/ecs/web-shop-prod-copies, role/delivery/web-shop-dev",
        ),
        ("before_tmi", "before_web_shop"),
        ('>tmi_app</tspan> {RuleName="tmi-prod"}', '>web_shop_app</tspan> {RuleName="web-shop-prod"}'),
        # Inside other words it is not meant.
        (
            "missingTreatmi treatMissing tmiapp 2tmi tmi2 optmize",
            "missingTreatmi treatMissing tmiapp 2tmi tmi2 optmize",
        ),
        ("datmi_x xtmi-prod", "datmi_x xtmi-prod"),
        # Columns: the gap after it gives way, and two blanks stay.
        ("tmi_app        # one", "web_shop_app   # one"),
        ("a tmi_app main    # two", "a web_shop_app main  # two"),
        ("tmi  # three", "web-shop  # three"),
        ("main/tmi-local  7  x", "main/web-shop-local  7  x"),
        ("tmi_a        tmi_b        end", "web_shop_a   web_shop_b   end"),
        ("tmi&#160;&#160;&#160;&#160;&#160;&#160;&#160;&#160;x", "web-shop&#160;&#160;&#160;x"),
        ("tmi one blank\ntmi\n", "web-shop one blank\nweb-shop\n"),
        ("", ""),
    ],
)
def test_by_word(text: str, expected: str) -> None:
    assert renamed(text, "tmi", "web-shop") == expected


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
    line = "`tmi-prod`: tmi_app of `tmi`      # TMI's"
    assert renamed(renamed(line, "tmi", "shop"), "shop", "tmi") == line.replace("TMI", "tmi")
