"""Write the input of the Octave example beside this file: StarDist's sample image and its mask, as PNG."""

from pathlib import Path

import numpy as np

from parfocal.images import read_grey, read_labels, write_image
from parfocal.tasks.inputs import sample_folder


def main(folder: Path = Path(__file__).resolve().parent) -> None:
    image = read_grey(sample_folder() / "img2d.tif").array
    mask = read_labels(sample_folder() / "mask2d.tif") > 0
    write_image(folder / "image.png", np.clip(image, 0, 255).astype(np.uint8))
    write_image(folder / "truth.png", (255 * mask).astype(np.uint8))
    print(f"wrote image.png and truth.png, {image.shape[0]} x {image.shape[1]} pixels, to {folder}")


if __name__ == "__main__":
    main()
