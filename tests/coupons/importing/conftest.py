"""Fixtures; what needs Django's models is imported inside, because this file is read before Django is set up."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from coupons.models import Channel
    from tests.coupons.importing.files import Importer


@pytest.fixture
def channel(db: None) -> "Channel":
    from coupons.models import Channel

    return Channel.objects.create(slug="shop", name="Shop", currency="USD", timezone="America/New_York")


@pytest.fixture
def importer(tmp_path: Path, channel: "Channel") -> "Importer":
    from tests.coupons.importing.files import Importer

    return Importer(tmp_path, channel)
