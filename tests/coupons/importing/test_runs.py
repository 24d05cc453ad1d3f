"""Resuming, waiting, refusing: a file as a whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from coupons.enums import ImportStatus
from coupons.importing import loading, runs
from coupons.importing.catalog import PRODUCTS
from coupons.importing.errors import ImportFileError
from coupons.importing.progress import Progress
from coupons.importing.runs import Options, check_file, import_file
from coupons.importing.tables import Context
from coupons.models import Channel, ImportRun, Product, RejectedRow
from tests.coupons.importing.files import NOW, Importer, Silent, counts, write_csv


class Killed(BaseException):
    """Stands for a kill between two chunks."""


@contextmanager
def killed_after(chunks: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let some chunks commit and stop before the next is loaded, without any clean-up by the importer."""
    done = 0
    load = loading.load_chunk

    def load_or_die(*args: Any) -> Any:
        nonlocal done
        if done == chunks:
            raise Killed
        done += 1
        return load(*args)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(runs, "load_chunk", load_or_die)
        yield


def test_a_run_goes_on_where_it_was_stopped(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"p{n},Tea,{'x' if n == 2 else n}" for n in range(9)]
    rows.append("p0,Double of the first chunk,1")
    with killed_after(2, monkeypatch):
        importer(PRODUCTS, "product,title,price_minor", *rows, chunk_rows=3)
    stopped = ImportRun.objects.get()
    assert (stopped.status, stopped.rows_read, stopped.rows_new) == (ImportStatus.RUNNING, 6, 5)
    summary = importer(PRODUCTS, "product,title,price_minor", *rows, chunk_rows=4)  # another size is fine
    assert counts(summary) == (10, 8, 0, 2)
    assert summary.run.pk == stopped.pk
    assert summary.run.status == ImportStatus.FINISHED
    assert list(RejectedRow.objects.order_by("line").values_list("line", "field")) == [
        (3, "price_minor"),
        (10, "product"),
    ]
    assert Product.objects.count() == 8


def test_a_file_that_breaks_in_the_middle_keeps_its_good_start_and_is_marked_failed(importer: Importer) -> None:
    path = importer.folder / "broken.csv"
    path.write_text("product,title\n" + "".join(f"p{n},Tea\n" for n in range(2_000)))
    with path.open("ab") as file:
        file.write(b"p2000,\xff\n")
    with pytest.raises(ImportFileError, match=r"broken\.csv: not UTF-8 after row \d+ \(invalid start byte\)$"):
        importer.file(path, PRODUCTS, chunk_rows=500)
    run = ImportRun.objects.get()
    assert (run.status, run.rows_read) == (ImportStatus.FAILED, 1_500)
    assert "not UTF-8" in run.error
    assert Product.objects.count() == 1_500


def test_again_reads_a_finished_file_anew(importer: Importer) -> None:
    importer(PRODUCTS, "product,title,price_minor", "p1,Tea,x", "p2,Milk,1")
    Product.objects.all().delete()
    summary = importer(PRODUCTS, "product,title,price_minor", "p1,Tea,x", "p2,Milk,1", again=True)
    assert counts(summary) == (2, 1, 0, 1)
    assert RejectedRow.objects.count() == 1


def test_a_missing_column_is_one_line_and_nothing_is_written(importer: Importer, tmp_path: Path) -> None:
    products = write_csv(tmp_path / "products.csv", "product,name", "p1,Tea")
    brands = write_csv(tmp_path / "brands.csv", "brand", "b1")
    with pytest.raises(CommandError) as caught:
        call_command("import_catalog", brands=[brands], products=[products])
    assert str(caught.value) == f"{products}: column 'title' missing for products (the file has: product, name)"
    assert ImportRun.objects.count() == 0


def test_columns_without_a_meaning_are_named(importer: Importer) -> None:
    importer(PRODUCTS, "product,title,colour,size", "p1,Tea,green,1")
    assert "not used for products: colour, size" in importer.out.getvalue()
    assert Product.objects.count() == 1


def test_a_command_without_files_or_channel_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError, match="name at least one file: --categories, --brands, --products"):
        call_command("import_catalog")
    with pytest.raises(CommandError, match=r"channel 'nope' does not exist \(there are: none yet\); make it with"):
        call_command("import_shoppers", "x.csv", channel="nope")


def test_rejected_rows_do_not_fail_the_command(channel: Channel, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "shoppers.csv", "shopper", "s1", "x" * 65)
    out = StringIO()
    call_command("import_shoppers", path, channel="shop", stdout=out)
    head, reason = out.getvalue().splitlines()
    assert head.startswith("shoppers: 2 rows read, 1 new, 0 already there, 1 rejected in ")
    assert reason == "  rejected: 1 x shopper is longer than 64 characters (first: row 2)"


def test_make_a_channel(db: None) -> None:
    facts = {"currency": "EUR", "timezone": "Europe/Berlin"}
    out = StringIO()
    call_command("create_channel", "laden", name="Laden", stdout=out, **facts)
    call_command("create_channel", "laden", name="Laden", stdout=out, **facts)
    assert out.getvalue() == "channel laden made\nchannel laden exists\n"
    for wrong in ({"currency": "usd"}, {"timezone": "Mars"}, {"currency": "USD"}):
        with pytest.raises(CommandError):
            call_command("create_channel", "laden", **{**facts, **wrong})
    assert Channel.objects.values_list("slug", "name", "currency").get() == ("laden", "Laden", "EUR")


@pytest.mark.django_db(transaction=True)
def test_a_second_importer_waits_for_the_first(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "products.csv", "product,title", "p1,Tea")
    out, context = Silent(), Context(None, NOW)
    key = runs._one_at_a_time(PRODUCTS, context, Options(out=out)).key
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [key])
        waited = []

        def first_ends(seconds: float) -> None:
            waited.append(ImportRun.objects.count())
            other.execute("SELECT pg_advisory_unlock(%s)", [key])

        options = Options(out=out, sleep=first_ends)
        summary = import_file(check_file(path, PRODUCTS, out), PRODUCTS, context, options)
    assert waited == [0]
    assert counts(summary) == (1, 1, 0, 0)
    assert out.getvalue() == "products: waiting for another import of this table to end\n"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_in_a_log_and_on_a_terminal() -> None:
    times = iter([0.0, 1.0, 10.0, 11.0])
    log = StringIO()
    with Progress("events", total=1_000, start=100, stream=log, clock=lambda: next(times)) as progress:
        progress.advance_to(200)
        progress.advance_to(600)
        progress.advance_to(700)
    assert log.getvalue() == "events:  60%  600 of 1,000 rows, 50 rows/s, 0:08 left\n"
    times = iter([0.0, 1.0])
    terminal = Terminal()
    with Progress("events", total=4, stream=terminal, clock=lambda: next(times)) as progress:
        progress.advance_to(2)
    assert "[###############               ]  50%" in terminal.getvalue()


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "products.csv", "product,title", "p1,Tea")
    environment = {**os.environ, "DATABASE_URL": f"postgres://nobody@/nothing?host={tmp_path}"}
    done = subprocess.run(
        [sys.executable, "manage.py", "import_catalog", "--products", str(path)],
        env=environment,
        cwd=Path(__file__).resolve().parent.parent.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: database: connection")
    assert len(done.stderr.splitlines()) == 1
