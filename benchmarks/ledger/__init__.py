"""How fast uses are taken, and that none is taken too many: the service layer and HTTP beside the bare UPDATE.

Run: `make bench-ledger` (or `python -m benchmarks.ledger --help`). A database of its own is made and dropped on the
server of DATABASE_URL, or on the embedded one. Writes var/bench/ledger.json and prints the same as a table.

- rates: redemptions per second through coupons.services.redeem_coupons, from worker processes with threads, each
  round with new shoppers, beside `UPDATE ... SET used = used + 1 WHERE used < limit` from plain psycopg threads of the
  same processes: the same number of clients, the same server settings, in the same run
- http: redeem, and evaluate of 50 candidates, through the web server as `make serve` starts it
- evaluate: 50 candidates on a ten-line cart, read from the database by 1 and by 16 clients, and pure
- codes: how long a batch takes, looking one up among them, and the admin's lists beside them
- storm: contended attempts on one limited coupon, then holds, confirmations, releases, roll-backs and redemptions mixed
  over shared budgets, slots, batches and limits per shopper, with connections killed and deadlocks forced in between;
  reports `over_redemptions` and `counter_drift`, both of which must be 0
"""
