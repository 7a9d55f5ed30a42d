"""What S3 and the way to it refuse, as sentences: what is wrong with which bucket, and what mends it.

The codes are those of the Amazon S3 API Reference, "Error responses", and of AWS KMS's exceptions, which S3 passes on
with `KMS.` before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keep.errors import AskedError, DamagedError, KeepError

ACTIONS = {
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "complete_multipart_upload": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "delete_object": "s3:DeleteObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
    "list_objects_v2": "s3:ListBucket",
    "list_parts": "s3:ListMultipartUploadParts",
    "put_object": "s3:PutObject",
    "put_object_retention": "s3:PutObjectRetention",
    "upload_part": "s3:PutObject",
}
"""Operation -> the action that IAM asks for (Service Authorization Reference, Amazon S3)."""
_GONE = {"NoSuchKey", "NoSuchUpload", "404"}
_LOGIN = "log in again (`aws sso login`), or set AWS_PROFILE"
_WRONG = {
    "NoSuchBucket": "there is no such bucket: correct the address, or declare it as `data-tier:bucket`",
    "InvalidBucketName": "that is not a bucket's name: write s3://BUCKET/PREFIX",
    "PermanentRedirect": "it is in another region: set AWS_REGION to the bucket's",
    "AuthorizationHeaderMalformed": "it is in another region: set AWS_REGION to the bucket's",
    "IllegalLocationConstraintException": "it is in another region: set AWS_REGION to the bucket's",
}
"""What was asked for cannot be."""
_MENDS = {
    "ExpiredToken": f"the credentials have expired: {_LOGIN}",
    "ExpiredTokenException": f"the credentials have expired: {_LOGIN}",
    "RequestExpired": f"the credentials have expired: {_LOGIN}",
    "InvalidToken": f"the credentials are not valid: {_LOGIN}",
    "InvalidAccessKeyId": f"AWS does not know the credentials: {_LOGIN}",
    "InvalidClientTokenId": f"AWS does not know the credentials: {_LOGIN}",
    "SignatureDoesNotMatch": f"the secret does not belong to the access key: {_LOGIN}",
    "RequestTimeTooSkewed": "this computer's clock is wrong: set it",
    "SlowDown": "S3 is busy: run it again",
    "ServiceUnavailable": "S3 is busy: run it again",
    "InternalError": "S3 has failed: run it again",
    "RequestTimeout": "the connection is too slow or has been broken: run it again",
    "ConditionalRequestConflict": "another run writes the same object: run it again",
    "PreconditionFailed": "there is such an object already: run it again, which chooses another name",
    "InvalidObjectState": "the object is archived: restore it to S3's standard class first",
    "KMS.DisabledException": "the bucket's KMS key is disabled: enable it",
    "KMS.NotFoundException": "the bucket's KMS key does not exist: choose another in the bucket's encryption",
    "KMS.KMSInvalidStateException": "the bucket's KMS key cannot be used; it may be waiting to be deleted: cancel that",
    "BadDigest": "it arrived damaged: run it again",
    "InvalidDigest": "it arrived damaged: run it again",
    "XAmzContentChecksumMismatch": "it arrived damaged: run it again",
    "QuotaExceeded": "the store is full: free space there",
}
_CONNECTION = {
    "NoCredentialsError": "no AWS credentials are here: log in (`aws sso login`), or set AWS_PROFILE",
    "PartialCredentialsError": "the AWS credentials are incomplete: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "TokenRetrievalError": f"the credentials have expired: {_LOGIN}",
    "UnauthorizedSSOTokenError": f"the credentials have expired: {_LOGIN}",
    "SSOTokenLoadError": f"nobody is logged in: {_LOGIN}",
    "CredentialRetrievalError": f"the credentials cannot be had: {_LOGIN}",
    "ProfileNotFound": "AWS_PROFILE names a profile that is not there: correct it",
}


@contextmanager
def explained(bucket: str, operation: str, letting: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Have what botocore raises within the block said in a sentence; raise KeyError where the object is not there."""
    from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

    try:
        yield
    except letting:
        raise
    except ClientError as error:
        found = error.response.get("Error", {})
        code, message = str(found.get("Code", "")), str(found.get("Message", ""))
        if code in _GONE:
            raise KeyError(bucket) from None
        raise refused(bucket, operation, code, message) from None
    except FlexibleChecksumError:
        raise DamagedError(
            f"s3://{bucket}: an object is damaged: it does not have the checksum that S3 keeps"
        ) from None
    except BotoCoreError as error:
        raise broken(bucket, error) from None


def refused(bucket: str, operation: str, code: str, message: str) -> KeepError:
    """Return the error for a code of S3's."""
    if code in _WRONG:
        return AskedError(f"s3://{bucket}: {_WRONG[code]}")
    if code in ("AccessDenied", "403", "Forbidden", "AllAccessDisabled"):
        return KeepError(
            f"s3://{bucket} refuses {ACTIONS[operation]} ({_short(message) or code}): {_right(message, operation)}"
        )
    if code == "PreconditionFailed" and operation == "get_object":
        return KeepError(f"s3://{bucket}: another object has been written in its place while it was read: run it again")
    mend = _MENDS.get(code) or f"{code}, {_short(message)}"
    return KeepError(f"s3://{bucket}: {mend}")


def broken(bucket: str, error: Exception) -> KeepError:
    """Return the error for a connection that was not made or did not last."""
    mend = _CONNECTION.get(type(error).__name__)
    return KeepError(
        f"s3://{bucket}: {mend}" if mend else f"s3://{bucket} cannot be reached: {_short(str(error))}; run it again"
    )


def _right(message: str, operation: str) -> str:
    """AWS names what was missing in most of its refusals, a key's action among them."""
    if "kms:" in message:
        return "allow the role to use the bucket's KMS key (kms:GenerateDataKey and kms:Decrypt)"
    return (
        f"allow it to the role, in IAM and in the bucket's policy (`data-tier:bucket.roles`); {operation} was asked for"
    )


def _short(message: str) -> str:
    return " ".join(message.split()).rstrip(".")[:300]
