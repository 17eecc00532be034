"""The fixture every test of publishing starts from."""

from pathlib import Path

import pytest
from small_world import World, small_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return small_world(tmp_path)
