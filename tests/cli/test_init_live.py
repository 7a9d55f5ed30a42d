"""`datatier init` with URLs: how they are said, and what is refused before and after servers are asked."""

from __future__ import annotations

import pytest

from bootstrap.errors import AskedError
from cli.init_live import named_caches, read_live, secret_of

SAID = [
    (["redis://h/0"], {"main": "redis://h/0"}),
    (["jobs=redis://h:1/0", "main=rediss://u:p@h/0"], {"jobs": "redis://h:1/0", "main": "rediss://u:p@h/0"}),
    (["jobs=JOBS"], {"jobs": "redis://from-the-environment/0"}),
    (["redis://u:a=b@h/0"], {"main": "redis://u:a=b@h/0"}),
]


@pytest.mark.parametrize(("said", "caches"), SAID)
def test_caches_by_name(monkeypatch: pytest.MonkeyPatch, said: list[str], caches: dict[str, str]) -> None:
    monkeypatch.setenv("JOBS", "redis://from-the-environment/0")
    assert {name: url.reveal() for name, url in named_caches(said).items()} == caches


REFUSED = [
    (["redis://h/0", "main=redis://i/0"],
     "--redis-url: two caches are called main; name each: --redis-url jobs=REDISS_URL."),
    (["redis://h:1/0", "jobs=redis://h:1/1"],
     "--redis-url: main and jobs are one server, h:1: a cache is a server, with databases 0 to 15."),
    (["jobs=NOWHERE"], "--redis-url NOWHERE: no environment variable is called so; write a URL, or export it."),
]  # fmt: skip


@pytest.mark.parametrize(("said", "sentence"), REFUSED)
def test_what_is_refused(said: list[str], sentence: str) -> None:
    with pytest.raises(AskedError) as refused:
        named_caches(said)
    assert str(refused.value) == sentence


def test_a_variable_is_looked_up_and_a_url_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", "postgres://u:secret@h/d")
    assert secret_of("SHOP_DATABASE", "--database-url").reveal() == "postgres://u:secret@h/d"
    assert secret_of("postgres://h/d", "--database-url").reveal() == "postgres://h/d"
    monkeypatch.setenv("SHOP_DATABASE", "")
    with pytest.raises(AskedError, match="--database-url SHOP_DATABASE: that environment variable is empty; write a"):
        secret_of("SHOP_DATABASE", "--database-url")


def test_nobody_at_the_url_is_a_sentence_without_the_password() -> None:
    with pytest.raises(Exception, match="cannot log in to the database of the URL") as refused:
        read_live("demo", "eu-west-1", "postgres://u:hush-hush@127.0.0.1:1/d", ())
    assert "hush-hush" not in str(refused.value)
