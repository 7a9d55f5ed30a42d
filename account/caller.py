"""The caller and its account: nothing else can be checked without knowing these."""

from __future__ import annotations

from account.finding import AccountFinding
from account.reader import NotAllowedError, NotReadableError, Reader


def caller(reader: Reader) -> AccountFinding:
    """Whom AWS takes the credentials for.

    Asking needs no permission (STS API Reference, GetCallerIdentity): who is not allowed to is stopped on the way, by a
    VPC endpoint's policy or the emulator's door, and the other services may answer yet.
    """
    try:
        who = reader.one("sts", "get_caller_identity")
    except NotAllowedError as error:
        return AccountFinding(
            check="credentials", state="note", where=reader.region, what=f"whose they are is not known ({error})",
            mend="look that it is the right account: `aws sts get-caller-identity`",
        )  # fmt: skip
    except NotReadableError as error:
        return AccountFinding(
            check="credentials", state="missing", where=reader.region,
            what=f"AWS did not say whose these credentials are, and nothing was looked at ({error})",
            mend="log in again (`aws sso login`), or set AWS_PROFILE to credentials of this region's account",
        )  # fmt: skip
    return AccountFinding(
        check="credentials", state="ok", where="the account", what=f"{who['Account']}, as {who['Arn']}"
    )
