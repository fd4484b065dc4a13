"""Simulated live-cell fluorescence images of diffraction-limited particles, with exact positions.

The image is built as a camera would see it: expected photo-electrons of an uneven cell background, of particles in
focus (the truth) and of vesicles out of focus (no truth); then Poisson shot noise, read noise, gain and offset.
Every step is written for any number of axes, ``(y, x)`` or ``(z, y, x)``, and drawn from named random streams of one
seed, so that a change of one ingredient leaves the others as they are.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parfocal.errors import InvalidInput
from parfocal.seeds import generator
from parfocal.typing import Floats


@dataclass(frozen=True)
class Optics:
    """Microscope and camera.

    The defaults are those of a spinning-disk confocal with an oil objective and a scientific CMOS camera.

    Parameters
    ----------
    aperture, index
        Numerical aperture of the objective and refractive index of the immersion medium.
    wavelength
        Emission wavelength in micrometres.
    pixel, step
        Width of a pixel in the sample and distance of two planes, in micrometres.
    offset
        Counts that the camera adds to every pixel.
    gain
        Counts for one photo-electron.
    read_noise
        Standard deviation of the camera's noise, in electrons.
    """

    aperture: float = 1.4
    index: float = 1.518
    wavelength: float = 0.525
    pixel: float = 0.11
    step: float = 0.3
    offset: float = 100.0
    gain: float = 2.0
    read_noise: float = 1.8

    def __post_init__(self) -> None:
        for name in ("aperture", "index", "wavelength", "pixel", "step", "gain"):
            if not getattr(self, name) > 0:
                raise InvalidInput(f"{name} of the optics must be above 0; got {getattr(self, name)!r}.")

    def spacing(self, axes: int) -> Floats:
        """Return the size of a pixel in micrometres along each of the ``axes``, planes first; shape ``(axes,)``."""
        return np.array([self.step] * (axes - 2) + [self.pixel] * min(axes, 2), dtype=np.float64)

    def widths(self, axes: int) -> Floats:
        """Return the standard deviations of the point-spread function in micrometres; shape ``(axes,)``.

        Gaussian approximation of Zhang, Zerubia and Olivo-Marin (Applied Optics 46, 2007): lateral
        0.225 wavelength / aperture, axial 0.78 index wavelength / aperture**2.
        """
        lateral = 0.225 * self.wavelength / self.aperture
        axial = 0.78 * self.index * self.wavelength / self.aperture**2
        return np.array([axial] * (axes - 2) + [lateral] * min(axes, 2), dtype=np.float64)


@dataclass(frozen=True)
class Scene:
    """What lies under the microscope; brightness in expected photo-electrons.

    Parameters
    ----------
    shape
        Pixels along each axis, ``(y, x)`` or ``(z, y, x)``.
    particles, brightness, spread
        Number of particles in focus, their median brightness (electrons of one particle in all its pixels) and the
        standard deviation of its logarithm (log-normal).
    radius, jitter
        Standard deviation of a particle's own extent in micrometres, and relative standard deviation of its width
        in the image (particles move and lie slightly above or below the plane).
    separation
        Least distance of two particles in pixels: closer ones an expert would mark as one.
    vesicles, vesicle_brightness, vesicle_radius
        Number of structures out of focus, their median brightness, and the range of their widths in micrometres.
    background, cell, texture
        Electrons in each pixel outside of cells, those added inside of cells, and relative strength of the fine
        texture of the cytoplasm.
    """

    shape: tuple[int, ...] = (355, 447)
    particles: int = 128
    brightness: float = 320.0
    spread: float = 0.6
    radius: float = 0.09
    jitter: float = 0.12
    separation: float = 5.0
    vesicles: int = 80
    vesicle_brightness: float = 1200.0
    vesicle_radius: tuple[float, float] = (0.3, 0.7)
    background: float = 6.0
    cell: float = 24.0
    texture: float = 0.14

    def __post_init__(self) -> None:
        if len(self.shape) < 2 or min(self.shape) < 4:
            raise InvalidInput(f"shape must have two or more axes of at least 4 pixels; got {self.shape!r}.")
        if self.particles < 0 or self.vesicles < 0:
            raise InvalidInput(f"particles and vesicles must not be negative; got {self.particles}, {self.vesicles}.")


@dataclass(frozen=True)
class Simulated:
    """One simulated image.

    Attributes
    ----------
    image
        Camera counts, uint16, of the scene's shape.
    points
        Exact positions of the particles ``(n, axes)`` in pixels: 0-based, a pixel's centre is a whole number.
    brightness
        Expected photo-electrons of each particle ``(n,)``.
    vesicles
        Positions of the structures out of focus ``(m, axes)``, which are no truth.
    cells
        Share of cell in each pixel, 0 to 1.
    """

    image: NDArray[np.uint16]
    points: Floats
    brightness: Floats
    vesicles: Floats
    cells: Floats = field(repr=False)


def simulate(scene: Scene | None = None, optics: Optics | None = None, *, seed: int = 0) -> Simulated:
    """Return the image of a ``scene`` under the given ``optics``; the same for the same arguments.

    Raises
    ------
    InvalidInput
        When the particles do not fit into the image at their least separation.
    """
    scene, optics = scene or Scene(), optics or Optics()
    axes = len(scene.shape)
    spacing, psf = optics.spacing(axes), optics.widths(axes)
    cells = _cells(scene, generator(seed, "cells"))
    expected = scene.background + scene.cell * cells * _cytoplasm(scene, generator(seed, "cytoplasm"))

    rng = generator(seed, "vesicles")
    vesicles = _positions(cells, scene.vesicles, 0.0, rng)
    blur = rng.uniform(*scene.vesicle_radius, size=(scene.vesicles, 1))
    light = scene.vesicle_brightness * rng.lognormal(0.0, 0.5, scene.vesicles)
    _add_spots(expected, vesicles, np.sqrt(psf**2 + blur**2) / spacing, light)

    rng = generator(seed, "particles")
    points = _positions(cells, scene.particles, scene.separation, rng)
    brightness = scene.brightness * rng.lognormal(0.0, scene.spread, scene.particles)
    jitter = rng.lognormal(0.0, scene.jitter, (scene.particles, 1))
    _add_spots(expected, points, np.sqrt(psf**2 + scene.radius**2) * jitter / spacing, brightness)

    rng = generator(seed, "camera")
    electrons = rng.poisson(expected) + rng.normal(0.0, optics.read_noise, scene.shape)
    counts = np.clip(np.rint(optics.offset + optics.gain * electrons), 0, 65535).astype(np.uint16)
    return Simulated(counts, points, brightness, vesicles, cells)


def _field(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Floats:
    """Return a smooth random field of mean 0 and standard deviation 1, correlated over ``scale`` pixels."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.standard_normal(shape), scale, mode="reflect")
    return np.asarray((noise - noise.mean()) / noise.std(), dtype=np.float64)


def _cells(scene: Scene, rng: np.random.Generator) -> Floats:
    """Return the share of cell in each pixel: the upper half of a smooth field, with soft borders and dim nuclei."""
    size = min(scene.shape[-2:])
    cell = 1.0 / (1.0 + np.exp(-12.0 * _field(scene.shape, size / 6.0, rng)))
    nucleus = 1.0 / (1.0 + np.exp(-10.0 * (_field(scene.shape, size / 16.0, rng) - 1.4)))
    return np.asarray(cell * (1.0 - 0.7 * nucleus), dtype=np.float64)


def _cytoplasm(scene: Scene, rng: np.random.Generator) -> Floats:
    """Return the relative brightness of the cytoplasm: slow unevenness times fine texture, mean about 1."""
    slow = np.exp(0.35 * _field(scene.shape, min(scene.shape[-2:]) / 12.0, rng))
    fine = np.exp(scene.texture * _field(scene.shape, 2.5, rng))
    return np.asarray(slow * fine, dtype=np.float64)


def _positions(cells: Floats, n: int, separation: float, rng: np.random.Generator) -> Floats:
    """Return ``n`` positions ``(n, axes)``, drawn in proportion to ``cells`` and ``separation`` pixels apart."""
    weights = np.cumsum(cells.ravel())
    chosen = np.empty((n, cells.ndim), dtype=np.float64)
    kept = missed = 0
    while kept < n:
        flat = int(np.searchsorted(weights, rng.uniform(0.0, weights[-1]), side="right"))
        pixel = np.array(np.unravel_index(min(flat, cells.size - 1), cells.shape), dtype=np.float64)
        point = np.clip(pixel + rng.uniform(-0.5, 0.5, cells.ndim), 0.0, np.array(cells.shape) - 1.0)
        if kept == 0 or np.min(np.linalg.norm(chosen[:kept] - point, axis=1)) >= separation:
            chosen[kept] = point
            kept, missed = kept + 1, 0
        elif missed < 5_000:
            missed += 1
        else:
            raise InvalidInput(
                f"{n} particles with a separation of {separation:g} pixels do not fit into {cells.shape}: "
                "take fewer of them, a larger shape, or a smaller separation."
            )
    return chosen


def _add_spots(expected: Floats, points: Floats, sigmas: Floats, brightness: Floats) -> None:
    """Add Gaussian spots to ``expected`` in place, integrated exactly over pixels; ``sigmas`` ``(n, axes)`` in px."""
    from scipy.special import ndtr

    for point, sigma, light in zip(points, sigmas, brightness, strict=True):
        window, profile = [], np.array(light, dtype=np.float64)
        for centre, width, size in zip(point, sigma, expected.shape, strict=True):
            start, stop = max(int(centre - 4 * width), 0), min(int(centre + 4 * width) + 2, size)
            share = np.diff(ndtr((np.arange(start, stop + 1) - 0.5 - centre) / width))
            window.append(slice(start, stop))
            profile = profile[..., None] * share
        expected[tuple(window)] += profile
