"""The one error of this package."""


class DemoError(Exception):
    """What stopped the demo, in one line for the person who typed the command."""


class DemoInterrupted(Exception):  # noqa: N818 - a wish, not an error
    """Somebody asked to stop: Ctrl-C, SIGTERM or a closed terminal. `signal_number` is the signal."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"signal {signal_number}")
        self.signal_number = signal_number
