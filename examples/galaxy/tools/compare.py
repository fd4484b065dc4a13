"""Compare a mask with the truth: Dice's coefficient, precision and recall of the pixels, as JSON."""

import json
import sys

import tifffile


def main():
    labels, truth = (tifffile.imread(path) > 0 for path in sys.argv[1:3])
    both, found, true = int((labels & truth).sum()), int(labels.sum()), int(truth.sum())
    scores = {
        "dice": 2 * both / (found + true) if found + true else 1.0,
        "precision": both / found if found else 0.0,
        "recall": both / true if true else 0.0,
    }
    with open(sys.argv[3], "w") as stream:
        json.dump(scores, stream)


if __name__ == "__main__":
    main()
