"""Accounting on a fresh database that has heard of the programme."""

import pytest

from services.chassis.testing import Harness
from tests.accounting.books import hear_programme


@pytest.fixture
def ledger(accounting: Harness) -> Harness:
    hear_programme(accounting)
    return accounting
