"""The forms of `datatier env`: each library reads back what was put in, whatever characters it has."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import redis
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from bootstrap.access import load_access
from bootstrap.manifest import Manifest
from bootstrap.postgres.pools import Pool
from bootstrap.secrets import AwsStore, Credential, Secret, SecretVersion
from clients.credentials import cache_credentials, default_identity
from clients.environment import environment, lines
from clients.errors import NoLoginError
from clients.forms import FORMS, Client
from clients.redis_keys import remarks

ARN = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:app/clinic_app-AbCdEf"


def manifest(*, sslmode: str = "verify-full") -> Manifest:
    endpoint = {"name": "primary", "host": "db.example.org", "port": 5432}
    cache = {"name": "primary", "host": "cache.example.org", "port": 6379}
    return Manifest.model_validate(
        {
            "stack": "prod",
            "prefix": "app-prod",
            "region": "eu-west-1",
            "postgres": {
                "primary": endpoint,
                "replicas": [{**endpoint, "name": "standby", "host": "replica.example.org"}],
                "database": "clinic",
                "sslmode": sslmode,
                "sslrootcert": "/etc/ssl/rds.pem",
                "master_secret": "m",
            },
            "caches": {
                "main": {"endpoint": cache, "tls": sslmode != "disable"},
                "queue": {"endpoint": {**cache, "port": 6380}, "tls": True, "cluster_mode": True},
            },
            "secrets": {"clinic_app": ARN, "clinic_small": ARN, "clinic_cache": ARN},
            "access": {
                "owner": "clinic_owner",
                "identities": {
                    "clinic_app": {
                        "postgres": {"privileges": "readwrite", "limits": {"connection_limit": 60}},
                        "redis": {
                            name: {"keys": ["a:*"], "commands": ["@read", "@write"]} for name in ("main", "queue")
                        },
                    },
                    "clinic_small": {"postgres": {"privileges": "readonly", "limits": {"connection_limit": 10}}},
                    "clinic_cache": {"redis": {"main": {"keys": ["a:*"], "commands": ["@read", "@write"]}}},
                },
                "keyspaces": {
                    f"a{number}": {"pattern": "a:{x}", "cache": cache, "type": "any", "ttl": "1h", "purpose": "x"}
                    | {"database": number}
                    for cache, number in (("main", 0), ("main", 1), ("queue", 2))
                },
            },
        }
    )


def credential(password: str) -> Credential:
    fields = {"username": "clinic_app_a", "password": Secret(password)}
    return Credential(**fields, redis_username="clinic_app", redis_password=Secret(password))


def form(
    name: str, found: Credential | None = None, identity: str = "clinic_app", instances: int = 1
) -> dict[str, str]:
    made = lines(name, manifest(), identity, found, instances)
    return dict(line.split("=", 1) for line in made)


TLS = "sslmode=verify-full&sslrootcert=%2Fetc%2Fssl%2Frds.pem"
WHERE = "clinic_app_a:p%40ss%2F%3A%25%20%27%2B@db.example.org:5432/clinic"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "libpq",
            {
                "PGHOST": "db.example.org",
                "PGPORT": "5432",
                "PGDATABASE": "clinic",
                "PGUSER": "clinic_app_a",
                "PGPASSWORD": "p@ss/:% '+",
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": "/etc/ssl/rds.pem",
            },
        ),
        ("url", {"DATABASE_URL": f"postgresql://{WHERE}?{TLS}"}),
        (
            "sqlalchemy",
            {
                "SQLALCHEMY_DATABASE_URL": f"postgresql+psycopg://{WHERE}?{TLS}",
                "SQLALCHEMY_ENGINE_OPTIONS": '{"pool_size": 5, "max_overflow": 20, "pool_recycle": 300, '
                '"pool_timeout": 10, "pool_pre_ping": true}',
            },
        ),
        (
            "prisma",
            {
                "DATABASE_URL": f"postgresql://{WHERE}?sslmode=require&sslaccept=strict&sslcert=%2Fetc%2Fssl%2Frds.pem"
                "&connection_limit=25&pool_timeout=10"
            },
        ),
        (
            "go",
            {
                "PGXPOOL_URL": f"postgres://{WHERE}?{TLS}&pool_max_conns=25&pool_min_conns=5"
                "&pool_max_conn_lifetime=300s&pool_max_conn_lifetime_jitter=30s",
                "DATABASE_URL": f"postgres://{WHERE}?{TLS}",
                "DB_MAX_OPEN_CONNS": "25",
                "DB_MAX_IDLE_CONNS": "5",
                "DB_CONN_MAX_LIFETIME": "300s",
            },
        ),
        (
            "redis",
            {
                "REDIS_URL": "rediss://clinic_app:p%40ss%2F%3A%25%20%27%2B@cache.example.org:6379/0",
                "REDIS_URL_1": "rediss://clinic_app:p%40ss%2F%3A%25%20%27%2B@cache.example.org:6379/1",
                "QUEUE_REDIS_URL": "rediss://clinic_app:p%40ss%2F%3A%25%20%27%2B@cache.example.org:6380/0",
            },
        ),
    ],
)
def test_each_form(name: str, expected: dict[str, str]) -> None:
    assert form(name, credential("p@ss/:% '+")) == expected


def test_without_reveal_there_are_references() -> None:
    assert form("libpq")["PGPASSWORD"] == f"{ARN}:password::"
    resolved = f"{{{{resolve:secretsmanager:{ARN}:SecretString:%s}}}}"
    assert form("url")["DATABASE_URL"] == (
        f"postgresql://{resolved % 'username'}:{resolved % 'password'}@db.example.org:5432/clinic?{TLS}"
    )
    assert form("redis")["REDIS_URL"].startswith(f"rediss://{resolved % 'redis_username'}:")
    assert form("env") == dict(line.split("=", 1) for line in environment(manifest(), "clinic_app", None))


def test_without_tls() -> None:
    pool, found = Pool(), credential("x")
    client = Client(manifest=manifest(sslmode="disable"), identity="clinic_app", found=found, pool=pool)
    assert FORMS["libpq"](client)[-1] == "PGSSLMODE=disable"
    assert FORMS["prisma"](client)[0].endswith("/clinic?sslmode=disable&connection_limit=25&pool_timeout=10")
    assert FORMS["redis"](client)[0] == "REDIS_URL=redis://clinic_app:x@cache.example.org:6379/0"


@pytest.mark.parametrize(
    ("identity", "instances", "expected"), [("clinic_app", 1, 25), ("clinic_app", 4, 14), ("clinic_small", 1, 8)]
)
def test_the_pool_fits_the_connection_limit(identity: str, instances: int, expected: int) -> None:
    assert form("prisma", credential("x"), identity, instances)["DATABASE_URL"].endswith(
        f"connection_limit={expected}&pool_timeout=10"
    )


@pytest.mark.parametrize(("name", "identity"), [*((name, "clinic_cache") for name in FORMS), ("redis", "clinic_small")])
def test_an_identity_without_that_engine(name: str, identity: str) -> None:
    if (name, identity) == ("redis", "clinic_cache"):
        assert form(name, None, identity)
        return
    with pytest.raises(NoLoginError, match=r"has no (PostgreSQL|Redis) login"):
        form(name, None, identity)


@given(password=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@example(password="@/?#&=+:%25 '\"\\{}$`!*[]<>|^~;,\n\t")
@settings(deadline=None)  # each form reads the whole declaration
def test_any_password_comes_back(password: str) -> None:
    found = credential(password)
    assert form("libpq", found)["PGPASSWORD"] == password
    url = form("url", found)["DATABASE_URL"]
    parts = conninfo_to_dict(url)
    assert (parts["password"], parts["user"], parts["sslrootcert"]) == (password, "clinic_app_a", "/etc/ssl/rds.pem")
    for name, key in (("sqlalchemy", "SQLALCHEMY_DATABASE_URL"), ("prisma", "DATABASE_URL"), ("go", "PGXPOOL_URL")):
        split = urlsplit(form(name, found)[key])
        assert (unquote(split.password or ""), split.hostname, split.port) == (password, "db.example.org", 5432)
        assert len(parse_qsl(split.query, strict_parsing=True)) >= 2
    client = redis.Redis.from_url(form("redis", found)["REDIS_URL_1"])
    given_to = client.connection_pool.connection_kwargs
    assert (given_to["password"], given_to["username"], given_to["db"]) == (password, "clinic_app", 1)


PROXY = {
    "endpoint": {"name": "proxy", "host": "proxy.example.org", "port": 5432},
    "identities": ["clinic_app"],
    "percent": 80,
}


def behind(form: str, identity: str = "clinic_app", **proxy: object) -> dict[str, str]:
    plain = manifest().model_dump(mode="json")
    plain["postgres"]["proxy"] = {**PROXY, **proxy}
    made = lines(form, Manifest.model_validate(plain), identity, None, 1)
    return dict(line.split("=", 1) for line in made)


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("libpq", "PGHOST", "proxy.example.org"),
        # Its certificate is of an authority that every system knows, not of RDS's own.
        ("libpq", "PGSSLROOTCERT", "system"),
        ("libpq", "PGSSLMODE", "verify-full"),
        ("env", "POSTGRES_HOST", "proxy.example.org"),
        ("env", "POSTGRES_REPLICA_HOSTS", "replica.example.org:5432"),
    ],
)
def test_behind_a_proxy(name: str, key: str, expected: str) -> None:
    assert behind(name)[key] == expected


@pytest.mark.parametrize(
    ("name", "key", "query"),
    [
        ("url", "DATABASE_URL", "sslmode=verify-full&sslrootcert=system"),
        ("sqlalchemy", "SQLALCHEMY_DATABASE_URL", "sslmode=verify-full&sslrootcert=system"),
        ("go", "DATABASE_URL", "sslmode=verify-full"),
        ("prisma", "DATABASE_URL", "sslmode=require&sslaccept=strict&connection_limit=25&pool_timeout=10"),
    ],
)
def test_urls_behind_a_proxy(name: str, key: str, query: str) -> None:
    assert behind(name)[key].endswith(f"@proxy.example.org:5432/clinic?{query}")


def test_who_goes_round_the_proxy() -> None:
    """Another identity, and clients of a proxy that asks for tokens: `env` can print none."""
    assert behind("libpq", "clinic_small")["PGHOST"] == "db.example.org"
    assert behind("libpq", iam=True)["PGHOST"] == "db.example.org"
    assert behind("libpq", iam=True)["PGSSLROOTCERT"] == "/etc/ssl/rds.pem"


def test_the_proxy_is_in_pgpass_beside_the_servers() -> None:
    plain = manifest().model_dump(mode="json")
    plain["postgres"]["proxy"] = PROXY
    made = lines("pgpass", Manifest.model_validate(plain), "clinic_app", credential("p"), 1)
    assert [line.split(":")[0] for line in made] == ["proxy.example.org", "db.example.org", "replica.example.org"]


TOKEN = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:app/queue-auth-AbCdEf"
RESOLVED = f"{{{{resolve:secretsmanager:{TOKEN}:SecretString:redis_password}}}}"


def changed(*, auth: str = "password", **queue: object) -> Manifest:
    """The manifest with another `queue`, and `clinic_app` of that `auth`."""
    plain = manifest().model_dump(mode="json")
    plain["caches"]["queue"] |= queue
    plain["postgres"]["iam_region"] = "eu-west-1"
    plain["access"]["identities"]["clinic_app"]["auth"] = auth
    plain["access"]["identities"]["group"] = {"postgres": {"privileges": "readonly", "login": "none"}}
    plain["access"]["identities"]["far"] = {"redis": {"elsewhere": {"keys": ["a:*"], "commands": ["@read"]}}}
    plain["secrets"]["far"] = ARN
    return Manifest.model_validate(plain)


BY_TOKEN = {"auth_secret": TOKEN, "replication_group": "app-queue"}
BY_IAM = {"iam_cache": "app-queue", "user_group": "app-queue"}
SHARED = {"queue": Credential(redis_username="default", redis_password=Secret("t/k"))}
SIGNED = {"queue": Credential(redis_username="app-prod-queue-clinic-app-iam", redis_password=Secret("x/?a=b"))}


def made(form: str, target: Manifest, found: Credential | None, caches: dict[str, Credential] | None) -> dict[str, str]:
    keys = ("POSTGRES_USER", "POSTGRES_PASSWORD", "DATABASE_URL", "PGPASSWORD", "REDIS_URL")
    told = dict(line.split("=", 1) for line in lines(form, target, "clinic_app", found, 1, caches))
    return {key: text for key, text in told.items() if key in keys or "QUEUE_REDIS_" in key}


@pytest.mark.parametrize("found", [False, True])
@pytest.mark.parametrize(
    ("target", "caches", "user", "references", "revealed"),
    [
        (changed(**BY_TOKEN), SHARED, None, (f"{TOKEN}:redis_password::", f":{RESOLVED}"), ("t/k", ":t%2Fk")),
        # An identity by token of AWS too: such a cache takes none.
        (
            changed(auth="iam", **BY_TOKEN),
            SHARED,
            None,
            (f"{TOKEN}:redis_password::", f":{RESOLVED}"),
            ("t/k", ":t%2Fk"),
        ),
        (
            changed(auth="iam", **BY_IAM),
            SIGNED,
            "app-prod-queue-clinic-app-iam",
            (None, "app-prod-queue-clinic-app-iam"),
            ("x/?a=b", "app-prod-queue-clinic-app-iam:x%2F%3Fa%3Db"),
        ),
        # Where nobody logs in by token of AWS, that a cache would take one changes nothing.
        (
            changed(**BY_IAM),
            None,
            "clinic_app",
            (
                f"{ARN}:redis_password::",
                f"{{{{resolve:secretsmanager:{ARN}:SecretString:redis_username}}}}:"
                f"{{{{resolve:secretsmanager:{ARN}:SecretString:redis_password}}}}",
            ),
            ("own", "clinic_app:own"),
        ),
    ],
)
def test_a_cache_is_opened_by_what_it_takes(
    target: Manifest,
    caches: dict[str, Credential] | None,
    user: str | None,
    references: tuple[str | None, str],
    revealed: tuple[str, str],
    found: bool,
) -> None:
    own = credential("own") if found else None
    password, login = revealed if found else references
    told = made("env", target, own, caches if found else None)
    if user == "clinic_app" and not found:
        user = f"{ARN}:redis_username::"
    assert (told.get("QUEUE_REDIS_USER"), told.get("QUEUE_REDIS_PASSWORD")) == (user, password)
    assert told["QUEUE_REDIS_CLUSTER"] == "true"
    url = made("redis", target, own, caches if found else None)["QUEUE_REDIS_URL"]
    assert url == f"rediss://{login}@cache.example.org:6380/0"
    if found:
        parts = redis.Redis.from_url(url).connection_pool.connection_kwargs
        assert (parts.get("username") or None, parts.get("password")) == (user, password)


@pytest.mark.parametrize(
    ("auth", "found", "password", "login"),
    [
        ("iam", None, None, f"{{{{resolve:secretsmanager:{ARN}:SecretString:username}}}}"),
        ("iam", credential("a token"), "a token", "clinic_app_a:a%20token"),
        ("password", credential("own"), "own", "clinic_app_a:own"),
    ],
)
def test_whoever_logs_in_by_token_of_aws_has_no_password_in_a_secret(
    auth: str, found: Credential | None, password: str | None, login: str
) -> None:
    target = changed(auth=auth)
    assert made("env", target, found, None).get("POSTGRES_PASSWORD") == password
    assert made("libpq", target, found, None).get("PGPASSWORD") == password
    assert made("url", target, found, None)["DATABASE_URL"].startswith(
        f"postgresql://{login}@db.example.org:5432/clinic?"
    )


@pytest.mark.parametrize(("identity", "says"), [("group", "logs in nowhere"), ("far", "logs in nowhere")])
def test_who_logs_in_nowhere_is_told_so(identity: str, says: str) -> None:
    with pytest.raises(NoLoginError, match=says):
        lines("env", changed(), identity, None, 1)


@pytest.mark.parametrize("name", [name for name in FORMS if name != "redis"])
def test_a_role_that_others_are_members_of_has_no_login(name: str) -> None:
    with pytest.raises(NoLoginError, match="`group` has no PostgreSQL login"):
        lines(name, changed(), "group", None, 1)


NOBODY = {"postgres": {"privileges": "readwrite", "login": "none"}}


@pytest.mark.parametrize(
    ("identities", "application"),
    [
        ({"look": {"postgres": "readonly"}, "web": {"postgres": "readwrite"}}, "web"),
        ({"group": NOBODY, "look": {"postgres": "readonly"}, "web": {"postgres": "readwrite"}}, "web"),
        ({"group": NOBODY, "look": {"postgres": "readonly"}}, "look"),
        ({"group": NOBODY, "till": {"redis": {"hot": {"keys": ["a"], "commands": ["get"]}}}}, "till"),
        ({"group": NOBODY}, "group"),
    ],
)
def test_the_application_is_somebody_who_logs_in(identities: dict[str, object], application: str) -> None:
    assert default_identity(load_access({"owner": "o", "identities": identities})) == application


def test_what_opens_a_cache_in_place_of_the_identitys_own_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    kept = Credential(password=Secret("old"))  # as secrets of AUTH tokens were once
    monkeypatch.setattr(
        AwsStore, "get", lambda _, arn: SecretVersion(id="1", credential=kept) if arn == TOKEN else None
    )
    shared = cache_credentials(changed(auth="iam", **BY_TOKEN), "clinic_app")
    assert {cache: each.content() for cache, each in shared.items()} == {
        "queue": {"redis_username": "default", "redis_password": "old"}
    }
    assert cache_credentials(changed(**BY_TOKEN), "clinic_cache") == {}, "no rules, no business there"
    assert cache_credentials(changed(**BY_IAM), "clinic_app") == {}, "it has a password of its own"
    (signed,) = cache_credentials(changed(auth="iam", **BY_IAM), "clinic_app").values()
    assert signed.redis_username == "app-prod-queue-clinic-app-iam"
    assert str(signed.content()["redis_password"]).startswith(
        "app-queue/?Action=connect&User=app-prod-queue-clinic-app-iam&"
    )


PRESETS = {
    "main": {"client": {"rq": None, "django": {"prefix": "site"}}, "keys": ["report:*"], "read": ["flag:*"]},
    "queue": {"client": "arq"},
}
PLAIN = {
    "main": {"keys": ["a:*", "b:*"], "channels": ["news:*"], "commands": ["@read"]},
    "queue": {"rules": "%R~c:* &d:* +get"},
}


def of(rules: dict[str, object]) -> Manifest:
    """A manifest whose `clinic_app` has these rules in its caches."""
    made = manifest(sslmode="disable")
    identities = {**made.access["identities"], "clinic_app": {"redis": rules}}  # type: ignore[dict-item]
    return made.model_copy(update={"access": {**made.access, "identities": identities, "keyspaces": {}}})


@pytest.mark.parametrize(
    ("rules", "values"),
    [
        # What an application reads: the prefix of a cache, and what a library takes from the environment itself.
        (PRESETS, {"REDIS_PREFIX": "clinic_app", "RQ_KEY_PREFIX": "clinic_app"}),
        ({"queue": {"client": "bullmq", "prefix": "jobs"}}, {"QUEUE_REDIS_PREFIX": "jobs"}),
        (PLAIN, {}),
    ],
)
def test_prefixes_are_in_the_environment(rules: dict[str, object], values: dict[str, str]) -> None:
    found = dict(line.split("=", 1) for line in environment(of(rules), "clinic_app", None))
    assert {key: value for key, value in found.items() if key.endswith("_PREFIX")} == values


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (
            PRESETS,
            [
                "# main: keys report:* clinic_app:* site:*, keys only read flag:*, channels clinic_app:pubsub:*",
                "# main: RQ: RQ_KEY_PREFIX=clinic_app (in the environment, before rq is imported; channels follow it)",
                "# main: RQ: RQ 2 knows no prefix: give `keys: ['rq:*']` and `channels: ['rq:pubsub:*']` as well",
                "# main: Django's cache: KEY_PREFIX: site (in CACHES; keys become `PREFIX:VERSION:KEY`)",
                "# main: Django's cache: `cache.clear()` is FLUSHDB, of everybody's keys in that database: it is "
                "refused",
                "# queue: keys arq:*",
                "# queue: arq: only the queue's name can be chosen, the other keys are `arq:...`: two applications in "
                "one database share them",
            ],
        ),
        (PLAIN, ["# main: keys a:* b:*, channels news:*", "# queue: keys c:*, channels d:*"]),
    ],
)
def test_where_keys_are_and_how_clients_are_configured_is_said_in_comments(
    rules: dict[str, object], lines: list[str]
) -> None:
    made = of(rules)
    assert remarks(made, load_access(made.access), "clinic_app") == lines
