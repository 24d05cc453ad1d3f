"""Reading files: batches from any row on, and one clear line for a broken one."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coupons.importing.errors import ImportFileError
from coupons.importing.files import fingerprint, open_source


def rows_of(path: Path, *, start: int, size: int) -> list[tuple[int, list[str]]]:
    batches = open_source(path).batches(start=start, size=size)
    return [(batch.first_line, [str(value) for value in batch.rows.column("a").to_pylist()]) for batch in batches]


@pytest.mark.parametrize("name", ["numbers.csv", "numbers.parquet"])
@pytest.mark.parametrize("start", range(8))
def test_batches_start_anywhere(tmp_path: Path, name: str, start: int) -> None:
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("a\n" + "".join(f"{n}\n" for n in range(1, 8)))
    else:
        pq.write_table(pa.table({"a": list(range(1, 8))}), path, row_group_size=3)
    batches = rows_of(path, start=start, size=2)
    assert [value for _, values in batches for value in values] == [str(n) for n in range(start + 1, 8)]
    assert all(str(first_line) == values[0] for first_line, values in batches)
    assert all(len(values) <= 2 for _, values in batches)


def test_csv_dialects(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes('\ufeffa;b\r\n"x;""y""";1\r\n\r\n"two\nlines";2\r\n'.encode())
    source = open_source(path)
    assert source.names == ("a", "b")
    (batch,) = source.batches(start=0, size=10)
    assert batch.rows.to_pylist() == [{"a": 'x;"y"', "b": "1"}, {"a": "two\nlines", "b": "2"}]


def test_rows_with_the_wrong_number_of_fields_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n3\n4,5,6\n")
    (batch,) = open_source(path).batches(start=0, size=10)
    assert batch.broken == {1: "has 1 fields, the header has 2", 2: "has 3 fields, the header has 2"}
    assert batch.rows.num_rows == 3


def refusal(path: Path) -> str:
    with pytest.raises(ImportFileError) as caught:
        list(open_source(path).batches(start=0, size=10))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_a_broken_file_is_one_line(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.csv") == "No such file or directory"
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert refusal(empty) == "the file is empty"
    no_parquet = tmp_path / "no.parquet"
    no_parquet.write_text("hello, I am text")
    assert refusal(no_parquet).startswith("not a readable Parquet file (")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"a,b\n\xff\xfe\n")
    assert "UTF-8" in refusal(binary)
    twice = tmp_path / "twice.csv"
    twice.write_text("a,a\n1,2\n")
    assert refusal(twice) == "column 'a' appears more than once"
    quote = tmp_path / "quote.csv"
    quote.write_text('a\n1\n"open\n')
    assert refusal(quote).startswith("broken CSV after row ")


def test_a_parquet_file_that_breaks_off_inside(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.table({"a": list(range(100_000))}), path, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36  # the first page's header; the footer stays sound
    path.write_bytes(content)
    assert refusal(path).startswith("not a readable Parquet file (") or refusal(path).startswith("can't be read (")


def test_the_fingerprint_is_the_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("a\n1\n")
    two.write_text("a\n1\n")
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(one)[1] == 2
    two.write_text("a\n2\n")
    assert fingerprint(one)[0] != fingerprint(two)[0]
