"""What stops an import as a whole. A bad row never does: it is kept aside and counted."""


class ImportFileError(Exception):
    """A file that can't be read, or whose columns don't fit. The message is one line and names the file."""
