"""Some rows of a large table, copied only where they are asked for."""

from typing import Any

from numpy.typing import NDArray


class GatheredRows:
    """table[rows] for reading: `gathered[index]` is table[rows[index]], (len(index), p).

    Training draws a tenth of the candidates an epoch; a copy of all of theirs would be the peak of the memory.
    """

    def __init__(self, table: NDArray[Any], rows: NDArray[Any]) -> None:
        self._table = table
        self._rows = rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what an array of these rows would be."""
        return (len(self._rows), *self._table.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        chosen: NDArray[Any] = self._table[self._rows[index]]
        return chosen


Table = NDArray[Any] | GatheredRows
"""What is read by rows: an array, or some rows of one."""
