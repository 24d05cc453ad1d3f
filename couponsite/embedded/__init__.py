"""Postgres and Redis for a start without installed servers; used only where DATABASE_URL / REDIS_URL are unset."""
