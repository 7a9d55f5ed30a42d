"""Sets of networks: which are a wide piece of the internet, taken together."""

import pytest

from knowledge.networks import too_wide

WHOLE = "the whole internet"


def quarters(*numbers: int) -> list[str]:
    return [f"{64 * number}.0.0.0/2" for number in numbers]


# Together -> what they are
SETS: list[tuple[list[str], str | None]] = [
    ([], None),
    (["0.0.0.0/0"], WHOLE),
    (["::/0"], WHOLE),
    (["0.0.0.0/1", "128.0.0.0/1"], WHOLE),
    (["128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/1"], WHOLE),
    (quarters(0, 1, 2, 3), WHOLE),
    (["::/1", "8000::/1"], WHOLE),
    (["0.0.0.0/1", "::/1", "8000::/1"], "as many public addresses of IPv4 as a /2 has"),
    ([f"{number}.0.0.0/8" for number in range(256)], WHOLE),
    (["0.0.0.0/1"], "as many public addresses of IPv4 as a /2 has"),
    (["128.0.0.0/1"], "as many public addresses of IPv4 as a /2 has"),
    (quarters(1), "as many public addresses of IPv4 as a /3 has"),
    (["2000::/3"], "as many public addresses of IPv6 as a /3 has"),
    (["8.0.0.0/8"], "as many public addresses of IPv4 as a /8 has"),
    (["10.0.0.0/7"], "as many public addresses of IPv4 as a /8 has"),
    (["2600::/12"], "as many public addresses of IPv6 as a /12 has"),
    # A /12 of public addresses is the most, however it is cut, and the same network twice is one.
    (["198.0.0.0/12"], None),
    (["198.0.0.0/13", "198.8.0.0/13"], None),
    (["198.0.0.0/12", "198.0.0.0/12", "198.0.0.0/13"], None),
    (["198.0.0.0/12", "203.0.113.7/32"], "as many public addresses of IPv4 as a /12 has"),
    ([f"198.{number}.0.0/16" for number in range(17)], "as many public addresses of IPv4 as a /12 has"),
    (["2600::/28"], None),
    (["2600::/28", "2a00::/64"], "as many public addresses of IPv6 as a /28 has"),
    # What no router of the internet carries may be as wide as it is.
    (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fd00::/8"], None),
    (["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"], None),
]


@pytest.mark.parametrize(("blocks", "expected"), SETS, ids=[" ".join(blocks[:3]) or "none" for blocks, _ in SETS])
def test_networks_are_judged_by_what_they_are_together(blocks: list[str], expected: str | None) -> None:
    assert too_wide(blocks) == expected
    assert too_wide(reversed(blocks)) == expected
