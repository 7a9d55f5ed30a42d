"""Which secret seems to hold a cache's AUTH token: by names alone."""

from __future__ import annotations

import pytest
from described_around import secret
from described_cache import running, tier

from adopt.settings.cache_token import TokenSecret, token_secret

# (names of secrets, the one that is taken)
ROWS: list[tuple[tuple[str, ...], str | None]] = [
    (("orders-main/auth",), "orders-main/auth"),
    (("orders-main-auth",), "orders-main-auth"),
    (("live/orders/ORDERS-MAIN/token",), "live/orders/ORDERS-MAIN/token"),
    (("orders-main_password", "orders/orders_root"), "orders-main_password"),
    (("orders-main/auth", "orders-main/token"), None),
    (("orders-main-2/auth", "my-orders-main/auth"), None),
    (("orders-main/settings",), None),
    (("shop-live/orders-main-auth",), None),
    ((), None),
]


@pytest.mark.parametrize(("names", "taken"), ROWS, ids=[", ".join(names) or "none" for names, _ in ROWS])
def test_a_secret_is_known_by_its_name(names: tuple[str, ...], taken: str | None) -> None:
    secrets = tuple(map(secret, names))
    found = token_secret(tier(secrets=secrets), running(), "shop-live")
    assert found.arn == next((each["ARN"] for each in secrets if each["Name"] == taken), None)
    if taken:
        assert (found.key, found.remark) == (
            ("token_secret",),
            f"{taken} by its name: look whether it holds the AUTH token.",
        )
    else:
        assert (found.key, found.remark) == (
            (),
            "Add token_secret, the ARN of the secret that holds its AUTH token; without it the first bootstrap says "
            "where to store the token.",
        )


def test_secrets_of_a_service_and_deleted_ones_are_nobodys() -> None:
    secrets = (secret("orders-main/auth", OwningService="rds"), secret("orders-main/token", DeletedDate=1_790_000_000))
    assert token_secret(tier(secrets=secrets), running(), "shop-live").arn is None


def test_the_stacks_own_comes_before_any_other_and_nothing_is_said() -> None:
    secrets = (secret("orders-main/auth"), secret("shop-live/main-auth"))
    assert token_secret(tier(secrets=secrets), running(), "shop-live") == TokenSecret(arn=None, remark="")
