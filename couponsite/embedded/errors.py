"""The one error of this package."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be started or stopped; the message is one line that says what to do."""
