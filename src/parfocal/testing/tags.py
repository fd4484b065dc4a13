"""The part of the storage contract on tags: words that people put on trials."""

from functools import partial

from parfocal.errors import InvalidInput, StorageError
from parfocal.storage import Storage, Tag
from parfocal.testing.storagetools import Clock, Make, expect, filled, refuses


def check_tags(make: Make) -> None:
    """Check that tags come and go, one a trial, image and word, and that no optimizer is told."""
    clock = Clock()
    storage, study = filled(make, 3, clock)
    revision = storage.state(study).revision
    expect(storage.tags(study) == [], "a new study has no tags.")
    storage.tag(study, 2, "bad", "b ä.tif", "Ann")
    clock.now += 5
    for number, image in ((2, ""), (2, "a.tif"), (0, "")):
        storage.tag(study, number, "good", image)
    storage.tag(study, 2, "bad", "b ä.tif", "Ben")
    first = Tag(2, "bad", "b ä.tif", "Ann", clock.now - 5)
    others = [Tag(number, "good", image, "", clock.now) for number, image in ((0, ""), (2, ""), (2, "a.tif"))]
    expect(storage.tags(study) == [*others, first], "by number, image and word; a second of the same changes nothing.")
    storage.untag(study, 2, "good")
    storage.untag(study, 2, "good")
    storage.untag(study, 1, "never there")
    expect(storage.tags(study) == [others[0], others[2], first], "of one word and image only, and never twice.")
    storage.close()
    expect(len(storage.tags(study)) == 3, "they are stored.")
    expect(storage.state(study).revision == revision, "they take no revision.")
    _check_refusals(storage, study)
    storage.delete_study(study)
    again = storage.create_study("filled", {"space": {}}).id
    storage.add(again, [{"x": 1}], [0])
    expect(storage.tags(again) == [], "tags are deleted with their study.")
    refuses(StorageError, lambda: storage.tags(study), "tags of a deleted study")


def _check_refusals(storage: Storage, study: int) -> None:
    for call in (storage.tag, storage.untag):
        refuses(StorageError, partial(call, study, 3, "good"), "a trial that does not exist")
        refuses(StorageError, partial(call, study + 99, 0, "good"), "a study that does not exist")
        for word in ("", " good", "a\nb", "x" * 41):
            refuses(InvalidInput, partial(call, study, 0, word), f"{word!r} as a word")
        refuses(InvalidInput, partial(call, study, 0, "good", "a\0.tif"), "a name of an image that cannot be printed")
    refuses(InvalidInput, partial(storage.tag, study, 0, "good", author="x" * 256), "an author of 256 characters")
    refuses(StorageError, partial(storage.tags, study + 99), "tags of a study that does not exist")
