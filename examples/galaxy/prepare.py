"""Draw a small fluorescence image of nuclei and its true mask, beside this file."""

from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage

HERE = Path(__file__).parent
SIDE, NUCLEI = 128, 24


def main():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:SIDE, :SIDE]
    truth = np.zeros((SIDE, SIDE), dtype=bool)
    for cy, cx, radius in zip(*rng.uniform(6, SIDE - 6, (2, NUCLEI)), rng.uniform(4, 8, NUCLEI), strict=True):
        truth |= (y - cy) ** 2 + (x - cx) ** 2 < radius**2
    photons = rng.poisson(20 + 60 * ndimage.gaussian_filter(truth.astype(float), 1.5))
    image = photons + rng.normal(0, 12, photons.shape)
    tifffile.imwrite(HERE / "nuclei.tif", np.clip(image, 0, 255).astype(np.uint8))
    tifffile.imwrite(HERE / "truth.tif", truth.astype(np.uint8) * 255)


if __name__ == "__main__":
    main()
