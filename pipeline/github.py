"""The part of GitHub's REST API that the pipeline uses: comments of a pull request and issues.

https://docs.github.com/en/rest/issues/comments and /issues/issues, version 2022-11-28.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 30
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


class GitHubError(RuntimeError):
    """GitHub refused, or could not be reached."""


@dataclass(frozen=True, kw_only=True)
class GitHubRepository:
    """A repository, accessed as the owner of the token."""

    repository: str
    """`owner/name`."""
    token: str
    api: str = "https://api.github.com"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> GitHubRepository:
        """As GitHub Actions says it in the environment. Raise GitHubError where something is missing."""
        missing = [name for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN") if not environment.get(name)]
        if missing:
            raise GitHubError(
                f"{' and '.join(missing)} must be set, as in GitHub Actions; --dry-run prints what would be written"
            )
        api = environment.get("GITHUB_API_URL") or cls.api
        return cls(repository=environment["GITHUB_REPOSITORY"], token=environment["GITHUB_TOKEN"], api=api)

    def comment_with(self, number: int, marker: str) -> int | None:
        """The first comment of a pull request that this pipeline wrote with that marker."""
        for each in self._every(f"issues/{number}/comments?per_page=100"):
            if _ours(each) and str(each["body"]).startswith(marker):
                return int(each["id"])
        return None

    def comment(self, number: int, body: str) -> str:
        """Write a comment; returns its page."""
        return str(self._call("POST", f"issues/{number}/comments", {"body": body})["html_url"])

    def rewrite(self, comment: int, body: str) -> str:
        """Replace a comment; returns its page."""
        return str(self._call("PATCH", f"issues/comments/{comment}", {"body": body})["html_url"])

    def issue_with(self, marker: str) -> tuple[int, str] | None:
        """Number and body of the open issue that this pipeline opened with that marker."""
        for each in self._every("issues?state=open&per_page=100"):
            if _ours(each) and "pull_request" not in each and str(each["body"] or "").startswith(marker):
                return int(each["number"]), str(each["body"])
        return None

    def open(self, title: str, body: str) -> str:
        """Open an issue; returns its page."""
        return str(self._call("POST", "issues", {"title": title, "body": body})["html_url"])

    def change(self, number: int, **fields: str) -> str:
        """Change an issue's body or state; returns its page."""
        return str(self._call("PATCH", f"issues/{number}", dict(fields))["html_url"])

    def _every(self, path: str) -> Iterator[dict[str, Any]]:
        url: str | None = self._url(path)
        while url:
            items, links = self._send("GET", url)
            yield from items
            found = _NEXT.search(links)
            url = found[1] if found else None
            if url and urlsplit(url)[:2] != urlsplit(self.api)[:2]:
                raise GitHubError(f"the next page is at another server ({urlsplit(url).netloc}): the token stays here")

    def _call(self, method: str, path: str, body: dict[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._send(method, self._url(path), body)[0]
        return answer

    def _url(self, path: str) -> str:
        return f"{self.api.rstrip('/')}/repos/{self.repository}/{path}"

    def _send(self, method: str, url: str, body: dict[str, str] | None = None) -> tuple[Any, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "datatier",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if body is None else json.dumps(body).encode()
        if urlsplit(url).scheme not in ("http", "https"):
            raise GitHubError(f"GITHUB_API_URL is not the address of a web server: {self.api}")
        request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 looked at above
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer), answer.headers.get("Link", "")
        except urllib.error.HTTPError as error:
            raise GitHubError(_refusal(error, method, url)) from None
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise GitHubError(f"{method} {url}: {getattr(error, 'reason', error)}") from None


def _ours(item: dict[str, Any]) -> bool:
    """Whether a workflow wrote it: anybody may write the marker into a comment of theirs."""
    return (item.get("user") or {}).get("type") == "Bot"


def _refusal(error: urllib.error.HTTPError, method: str, url: str) -> str:
    try:
        said = str(json.load(error).get("message", ""))
    except (ValueError, AttributeError):
        said = ""
    mends = {
        401: "the token is not valid",
        403: "the job's `permissions` lack `issues: write` or `pull-requests: write`",
        404: "it does not exist, or the token may not see it",
    }
    return "; ".join(filter(None, (f"{method} {url}: {error.code} {said}".rstrip(), mends.get(error.code))))
