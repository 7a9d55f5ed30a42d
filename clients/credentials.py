"""What somebody logs in with: an identity's own secret, a token of AWS, or the AUTH token that all clients share."""

from __future__ import annotations

from difflib import get_close_matches

from bootstrap.access import Access, load_access
from bootstrap.credentials import token_users
from bootstrap.manifest import Manifest
from bootstrap.secrets import AwsStore, Credential, redis_token
from clients.errors import EmptySecretError, NoLoginError


def secret_of(manifest: Manifest, identity: str) -> str:
    """ARN of the secret that an identity logs in by; `master` is the database's master user. Raise NoLoginError."""
    arn = manifest.postgres.master_secret if identity == "master" else manifest.secrets.get(identity)
    if arn is None and identity in (access := load_access(manifest.access)).identities:
        if not access.logs_in(identity):
            raise NoLoginError(
                f"nobody logs in as `{identity}`: it is a role that others are members of (`login: none`)."
            )
        raise NoLoginError(
            f"`{identity}` is declared and has no secret yet: a deployment makes it, here `datatier access apply`."
        )
    if arn is None:
        known = ["master", *manifest.secrets]
        found = get_close_matches(identity, known, n=1)
        near = f" Did you mean `{found[0]}`?" if found else ""
        raise NoLoginError(f"no identity `{identity}`: {', '.join(known)}.{near}")
    return arn


def credential(manifest: Manifest, identity: str) -> Credential:
    """What an identity logs in with. Raise NoLoginError, EmptySecretError or SecretStoreError."""
    arn = secret_of(manifest, identity)
    version = AwsStore(manifest.region, manifest.aws_endpoint).get(arn)
    if version is None:
        raise EmptySecretError(f"the secret of `{identity}` is empty: `datatier bootstrap` fills it.")
    return version.credential


def cache_credential(manifest: Manifest, cache: str, identity: str) -> Credential:
    """What an identity logs in to a cache with: its own, a token of AWS, or the AUTH token that all share."""
    return _shared(manifest, cache, identity) or credential(manifest, identity)


def cache_credentials(manifest: Manifest, identity: str) -> dict[str, Credential]:
    """The same of every cache that an identity has rules for and opens by another credential than its own."""
    rules = load_access(manifest.access).identities[identity].redis
    found = {cache: _shared(manifest, cache, identity) for cache in manifest.caches if cache in rules}
    return {cache: each for cache, each in found.items() if each is not None}


def _shared(manifest: Manifest, cache: str, identity: str) -> Credential | None:
    """What opens a cache in place of the identity's own credential; None where that does."""
    target = manifest.caches[cache]
    if target.auth_secret:
        version = AwsStore(manifest.region, manifest.aws_endpoint).get(target.auth_secret)
        token = (version.credential.redis_password or version.credential.password) if version else None
        if token is None:
            mend = "put the token into it that clients use" if target.existing else "deploy the stack, which makes it"
            raise EmptySecretError(f"the secret of {cache}'s AUTH token is empty: {mend}.")
        # With an AUTH token every client is the user `default`.
        return Credential(redis_username="default", redis_password=token)
    if target.iam_cache is None:
        return None
    user = token_users(manifest, load_access(manifest.access), cache).get(identity)
    return (
        Credential(redis_username=user, redis_password=redis_token(target.iam_cache, user, manifest.region))
        if user
        else None
    )


def default_identity(access: Access) -> str:
    """The application: the first identity that reads and writes, of those that log in."""
    able = [name for name in (*access.with_privilege("readwrite"), *access.identities) if access.logs_in(name)]
    return next(iter((*able, *access.identities)))
