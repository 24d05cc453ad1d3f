"""Django's own backend, but for how a connection that is kept between requests is found to be usable."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """A server that has gone away has closed the socket, which a look at it tells without a round trip.

    Nothing comes unasked over a connection that is well. Where something is there to be read, the server is asked, as
    Django does for every request.
    """

    def is_usable(self) -> bool:
        """Whether the next statement may be sent over this connection."""
        if self.connection is None:
            return False
        between_transactions = self.connection.info.transaction_status == TransactionStatus.IDLE
        if between_transactions and not _has_news(self.connection.fileno()):
            return True
        return bool(super().is_usable())


def _has_news(socket: int) -> bool:
    """Whether the other side has sent something or hung up."""
    poll = select.poll()
    poll.register(socket, select.POLLIN | select.POLLPRI)
    return bool(poll.poll(0))
