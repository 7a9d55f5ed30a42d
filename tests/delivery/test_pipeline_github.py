"""The edge to GitHub, against its API on loopback: one comment, one issue, and nobody else's."""

from __future__ import annotations

import pytest
from fake_github import FakeGitHub

from pipeline.github import GitHubError, GitHubRepository

MARK = "<!-- mark -->"


def test_the_comment_is_found_among_others(github: FakeGitHub) -> None:
    """On whichever page; not one of a person who wrote the marker, nor one that only quotes it."""
    api = GitHubRepository.of(github.environment)
    assert api.comment_with(7, MARK) is None
    github.add(7, f"{MARK} mine", "User")
    github.add(7, f"> {MARK}", "Bot")
    github.add(7, "else", "Bot")
    assert api.comment_with(7, MARK) is None
    assert api.comment(7, f"{MARK}\nfirst") == "https://github.example/903"
    assert api.comment_with(7, MARK) == 903
    assert api.rewrite(903, f"{MARK}\nsecond") == "https://github.example/903"
    assert [each["body"] for each in github.comments[7]] == [f"{MARK} mine", f"> {MARK}", "else", f"{MARK}\nsecond"]
    assert github.asked.count("GET /repos/owner/name/issues/7/comments") == 1 + 2 + 2


def test_the_issue_is_found_among_others(github: FakeGitHub) -> None:
    api = GitHubRepository.of(github.environment)
    github.open(f"{MARK} of a person", "User")
    github.open(f"{MARK} of a pull request", pull_request={})
    github.open(None)
    github.open(f"{MARK} closed")["state"] = "closed"
    assert api.issue_with(MARK) is None
    assert api.open("Drift", f"{MARK} now") == "https://github.example/5"
    assert api.issue_with(MARK) == (5, f"{MARK} now")
    api.change(5, state="closed", state_reason="completed")
    assert api.issue_with(MARK) is None


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "401 Bad credentials; the token is not valid"),
        (403, "403 Bad credentials; the job's `permissions` lack `issues: write`"),
        (404, "404 Bad credentials; it does not exist"),
        (502, r"/issues: 502 Bad credentials$"),
    ],
)
def test_refusals(github: FakeGitHub, status: int, says: str) -> None:
    github.refuse = status
    with pytest.raises(GitHubError, match=says) as raised:
        GitHubRepository.of(github.environment).open("a", "b")
    assert github.environment["GITHUB_TOKEN"] not in str(raised.value)


def test_the_token_stays_with_its_server(github: FakeGitHub) -> None:
    for _ in range(3):
        github.add(7, "x", "Bot")
    github.elsewhere = True
    with pytest.raises(GitHubError, match=r"at another server \(127\.0\.0\.2:9\): the token stays here"):
        GitHubRepository.of(github.environment).comment_with(7, MARK)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN must be set"),
        ({"GITHUB_TOKEN": "", "GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY and GITHUB_TOKEN must be set"),
    ],
)
def test_what_must_be_set(github: FakeGitHub, changes: dict[str, str], says: str) -> None:
    with pytest.raises(GitHubError, match=says):
        GitHubRepository.of(github.environment | changes)


def test_no_server() -> None:
    with pytest.raises(GitHubError, match="refused"):
        GitHubRepository(repository="o/n", token="t", api="http://127.0.0.1:1").issue_with(MARK)
    with pytest.raises(GitHubError, match="not the address of a web server"):
        GitHubRepository(repository="o/n", token="t", api="file:///etc").issue_with(MARK)
