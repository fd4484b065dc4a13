"""Segment bright nuclei and score them against a truth: a plain program that knows nothing of who tunes it.

python segment.py --make images                                       write the images and their truth
python segment.py images --sigma 2 --radius 25 --level 1 --distance 6 --min-area 40 --out result.json
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage import feature, filters, measure, morphology, segmentation

SHAPE = (192, 192)


def make_image(seed):
    """Return a field of nuclei that touch, under uneven light and noise, and its truth."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    truth = np.zeros(SHAPE, dtype=np.uint16)
    for label in range(1, 31):
        row, column = rng.uniform(8, SHAPE[0] - 8, 2)
        a, b, angle = rng.uniform(6, 11), rng.uniform(5, 9), rng.uniform(0, np.pi)
        along = (rows - row) * np.cos(angle) + (columns - column) * np.sin(angle)
        across = (columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)
        nucleus = (along / a) ** 2 + (across / b) ** 2 <= 1
        if (truth[nucleus] > 0).mean() < 0.1:  # they touch, and hardly overlap
            truth[nucleus & (truth == 0)] = label
    light = 30 * np.exp(-((rows - 40) ** 2 + (columns - 150) ** 2) / 2 / 60**2)
    brightness = np.r_[0, rng.uniform(25, 70, truth.max())]
    clean = 20 + light + ndimage.gaussian_filter(brightness[truth], 1.5)
    return rng.poisson(clean) + rng.normal(0, 4, SHAPE), truth


def segment(image, sigma, radius, level, distance, min_area):
    """Return labels of nuclei: background, smoothing, Otsu's threshold, watershed on the distance to the edge."""
    flat = image - ndimage.gaussian_filter(image, radius)
    smooth = ndimage.gaussian_filter(flat, sigma)
    mask = smooth > level * filters.threshold_otsu(smooth)
    mask = ndimage.binary_fill_holes(morphology.opening(mask, morphology.disk(1)))
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 1)
    peaks = feature.peak_local_max(depth, min_distance=distance, labels=measure.label(mask), exclude_border=False)
    seeds = np.zeros(image.shape, dtype=int)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = segmentation.watershed(-depth, seeds, mask=mask)
    small = np.bincount(labels.ravel()) < min_area
    labels[small[labels]] = 0
    return labels


def f1(truth, labels, threshold=0.5):
    """Return the share of objects that are matched with an intersection over union above one half."""
    pairs, shared = np.unique(np.stack([truth.ravel(), labels.ravel()]), axis=1, return_counts=True)
    areas, found = np.bincount(truth.ravel()), np.bincount(labels.ravel())
    both = (pairs > 0).all(axis=0)
    union = areas[pairs[0, both]] + found[pairs[1, both]] - shared[both]
    matched = int((shared[both] / union > threshold).sum())  # above one half each object has one partner at most
    return 2 * matched / max(int((areas[1:] > 0).sum() + (found[1:] > 0).sum()), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", action="store_true", help="write images into the folder instead of reading them")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--sigma", type=float, default=2, help="smoothing, in pixels")
    parser.add_argument("--radius", type=float, default=25, help="of the background, in pixels")
    parser.add_argument("--level", type=float, default=1, help="threshold, as a multiple of Otsu's")
    parser.add_argument("--distance", type=int, default=6, help="between the centres of two nuclei, in pixels")
    parser.add_argument("--min-area", type=int, default=40, help="of a nucleus, in pixels")
    parser.add_argument("--out", type=Path, default=Path("result.json"))
    options = parser.parse_args()
    if options.make:
        options.folder.mkdir(parents=True, exist_ok=True)
        for seed in range(options.images):
            image, truth = make_image(seed)
            np.savez_compressed(options.folder / f"field-{seed}.npz", image=image, truth=truth)
        return
    scores = {}
    for path in sorted(options.folder.glob("*.npz")):
        with np.load(path) as arrays:
            labels = segment(
                arrays["image"], options.sigma, options.radius, options.level, options.distance, options.min_area
            )
            scores[path.stem] = {"f1": f1(arrays["truth"], labels)}
    if not scores:
        raise SystemExit(f"{options.folder} holds no images: write them by  python segment.py --make {options.folder}")
    mean = float(np.mean([score["f1"] for score in scores.values()]))
    options.out.write_text(json.dumps({"f1": mean, "images": scores}))


if __name__ == "__main__":
    main()
