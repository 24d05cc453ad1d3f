"""What every race of this folder starts with."""

import pytest


@pytest.fixture(autouse=True)
def _gathering(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.coupons.ledger import THREADS
    from tests.coupons.races import naive  # needs the models
    from tests.racing import Gathering

    monkeypatch.setattr(naive, "gathering", Gathering(THREADS))
