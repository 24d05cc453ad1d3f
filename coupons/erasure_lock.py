"""Who writes about shoppers and who erases one hold each other off, by channel, to the end of their transactions.

One lock for a batch, whatever it names. Locks on the shoppers' rows would do as well, but batches that run at once and
name the same shoppers would then write every row of every one of them, to say who else holds it.
"""

from django.db import connection

_CLASS = 0x45524153
"""Of Postgres's advisory locks."""
HOLD_OFF = f"SELECT pg_advisory_xact_lock_shared({_CLASS}, %s::int)"
"""To be sent before the statement that reads who was erased; its parameter is the channel's id."""


def wait_for_writers(*, channel_id: int) -> None:
    """Let nobody write about the channel's shoppers until the transaction ends, once those who do are done."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_CLASS}, %s::int)", [channel_id])
