"""Settings of these tests."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Two threads on busy cores mostly wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
