"""`make demo` and its parts: from a clone to a served site on real data, one process group, nothing redone.

preflight (what can fail is said first) -> stages (each asks the database what is left to do) -> supervisor (web,
workers and beat in the foreground) -> card (URL, login, API key). Run as `python -m couponsite.demo [part]`.
"""
