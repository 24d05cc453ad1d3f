"""What every API of the site shares: keys, scopes, limits, refusals and JSON."""
