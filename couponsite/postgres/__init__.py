"""Django's database backend for PostgreSQL, which asks a quiet connection nothing before a request."""
