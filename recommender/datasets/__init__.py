"""Public data sets, rewritten as general-format import files."""
