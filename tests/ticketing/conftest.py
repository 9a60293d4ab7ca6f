"""Ticketing on a fresh database, with sale points, VAT codes and an open register session."""

import pytest

from services.chassis.testing import Harness
from tests.ticketing.programme import BoxOffice


@pytest.fixture
def office(ticketing: Harness) -> BoxOffice:
    return BoxOffice(ticketing).open()
