import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def data():
    folder = os.environ.get("PARFOCAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("PARFOCAL_DATA does not name a folder with the annotated image sets.")
    return Path(folder)


@pytest.fixture
def scene():
    """Image, truth and a prediction of four discs: two found, one false, one missed."""
    y, x = np.indices((64, 80))
    truth, prediction = np.zeros((2, 64, 80), np.int32)
    for name, (cy, cx), arrays in [
        (3, (15, 15), (truth, prediction)),
        (7, (15, 60), (truth, prediction)),
        (9, (45, 20), (truth,)),
        (2, (45, 60), (prediction,)),
    ]:
        for array in arrays:
            array[(y - cy) ** 2 + (x - cx) ** 2 < 64] = name
    image = (truth > 0) * 900 + np.random.default_rng(0).poisson(100, truth.shape)
    return image.astype(np.uint16), truth, prediction
