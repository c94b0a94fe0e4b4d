"""Every error alertd raises on purpose.

    AlertdError
      ConfigError                 a setting that cannot be used; exit code 2
      UsageError                  a command given what it cannot take; exit code 2
      SourceError                 one source; the others go on
        FetchError                network, status, too large, refused by the guard
        ParseError                the feed changed its shape or is no feed
      StoreError                  the database; the stage is abandoned until its next tick
        Stale                     what was read has changed since; decide again

The message of each tells the reader what to do about it.
"""


class AlertdError(Exception):
    """Anything that alertd itself reports; its message is one line for the reader."""


class ConfigError(AlertdError):
    """A setting that cannot be used; the message begins with its place in the file."""


class UsageError(AlertdError):
    """A command was given something that it cannot take."""


class SourceError(AlertdError):
    """One source could not be read; what is stored of it stays."""


class FetchError(SourceError):
    """The request failed.

    ``retry_after`` is the server's own wish in seconds, where it gave one; ``gone`` marks
    an answer 410, after which the source is not asked again.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, gone: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.gone = gone


class ParseError(SourceError):
    """The answer could not be read as what the source is said to be.

    ``killed`` says that the parser had to be ended, by its time or memory limit.
    """

    def __init__(self, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


class StoreError(AlertdError):
    """The database did not take or give what was asked; nothing was half written."""


class Stale(StoreError):  # noqa: N818 - the state of a plan, caught where it is decided again
    """What a plan was decided on has changed since it was read: read and decide again."""
