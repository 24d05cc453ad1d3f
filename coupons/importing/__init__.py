"""Files of a shop into tables: CSV or Parquet, any size, resumable, bad rows kept aside. Manual: docs/importing.md.

files      a CSV or Parquet file  -> batches of raw columns, from any row on; the fingerprint of its content
columns    one raw column         -> typed column, and per row why its value is no good
parsing    a raw batch            -> typed rows + rejected rows
tables     what a table's file holds, how its rows are checked and where they go (one TableImport each)
loading    typed rows             -> COPY into a staging table -> set-based checks -> insert or update
runs       the whole file: lock, resume point, one transaction a chunk, summary
catalog, shoppers, promotions, redemptions   the TableImports of this app (recommender.importing has the events)
"""
