"""The kinds of failure, and the exit code of each: they say whether a retry can help."""

from __future__ import annotations


class FeedmillError(Exception):
    """A failure told in words: a headline, and the fix where one is known."""

    exit_code = 1

    def __init__(self, headline: str, *, fix: str | None = None) -> None:
        super().__init__(headline)
        self.headline = headline
        self.fix = fix

    def __str__(self) -> str:
        return self.headline if self.fix is None else f"{self.headline}\n  fix: {self.fix}"


class UserError(FeedmillError):
    """A mistake of the person at the keyboard; retrying the same call cannot help. Exit code 2."""

    exit_code = 2


class GateFailed(FeedmillError):  # noqa: N818 - a verdict on the data, not an error of the program
    """The data or the models did not pass a gate; retrying on the same data cannot help. Exit code 3."""

    exit_code = 3


class InfrastructureError(FeedmillError):
    """Something outside the data failed (Spark died, a disk is full, a database is locked); retry. Exit code 1."""
