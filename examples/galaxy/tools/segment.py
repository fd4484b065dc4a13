"""Smooth an image and take what is brighter than a threshold; exit code 3 where that is nothing."""

import argparse
import sys

import numpy as np
import tifffile


def smooth(image, sigma):
    """Convolve the axes one after another with a Gaussian that is cut at four standard deviations."""
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return image
    if radius >= min(image.shape):
        raise ValueError(f"a Gaussian of radius {radius} does not fit an image of {image.shape}")
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        pad = [(radius, radius) if each == axis else (0, 0) for each in (0, 1)]
        padded = np.pad(image, pad, mode="reflect")
        image = np.apply_along_axis(np.convolve, axis, padded, kernel, mode="valid")
    return image


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("labels")
    parser.add_argument("--sigma", type=float, required=True)
    parser.add_argument("--level", type=float, required=True)
    given = parser.parse_args()
    image = tifffile.imread(given.image).astype(float)
    low, high = image.min(), image.max()
    found = smooth(image, given.sigma) > low + given.level * (high - low)
    if not found.any():
        print(f"nothing is brighter than {given.level} of the range", file=sys.stderr)
        sys.exit(3)
    tifffile.imwrite(given.labels, found.astype(np.uint8) * 255)


if __name__ == "__main__":
    main()
