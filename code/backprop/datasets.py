"""The book's datasets and its text, read from the folder `data`, compared with their SHA-256.

Nothing is ever fetched. Source: the data card, `data/README.md`.
"""

import hashlib
import sys
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .validation import as_rng, expect_number

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

# Shape and SHA-256 of each array in the two files; all are uint8.
_DIGITS = {
    "X": ((1797, 64), "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"),
    "y": ((1797,), "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"),
}
_FASHION = {
    "X_train": ((60000, 784), "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012"),
    "y_train": ((60000,), "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"),
    "X_test": ((10000, 784), "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a"),
    "y_test": ((10000,), "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"),
}

_NOVEL = {
    "text": ((684768,), "dfc684d4f857fa938268f9ab9c5567b64bd0691251eca959644adeabe6287a4d"),
}

# In the page of the website, where 30 MB would be much: the first images of both parts.
_FASHION_PART = {
    "X_train": ((5000, 784), "29c8d9f398a29fc328af7ba681dfc3bd86ec4075b43ba2ff985128028b9b3f00"),
    "y_train": ((5000,), "4e4631c48d94add2f9bebe6a9bd67ebbd633b278f520428e19d7b21f84506ed0"),
    "X_test": ((1000, 784), "8d46efb2efae7259de048298adb99140d06082b91c430833a54d7ce30f21c9c9"),
    "y_test": ((1000,), "86fea14d645de73ec2f8e0e859add59c557ccdf73e3e419692220b128c15ec47"),
}
IN_THE_PAGE = sys.platform == "emscripten"

# Installed, the data lie in backprop/data; in a checkout, in code/data.
_HERE = Path(__file__).resolve().parent
DATA_FOLDER = _HERE / "data" if (_HERE / "data").is_dir() else _HERE.parent / "data"


class Dataset(NamedTuple):
    """Images X (S, M), float32 in [0, 1], and labels y (S,), int64, to train on and to test on."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load_digits(rng=0):
    """1,797 handwritten digits of 8×8 pixels: at random, four fifths to train on, one to test on.

    X (1438, 64) and (359, 64), gray level/16 (0 is paper, 1 is ink); y is the digit. Each class is
    split in the same proportion; `rng` is a seed or a NumPy Generator. Thirteen people wrote these
    digits, and the split mixes them: the test asks for new digits by known hands. The file seems to
    hold one writer after another, so a split in file order tests on other people, and its accuracy
    is lower. Raises ValueError if the file is missing or holds anything else.
    Source: E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998.
    """
    X, y = _read("digits.npz", _DIGITS)
    train, test = stratified_split(y, 1 / 5, rng, "load_digits")
    X, y = X / np.float32(16), y.astype(np.int64)
    return Dataset(X[train], y[train], X[test], y[test])


def load_fashion_mnist():
    """Fashion-MNIST: fashion items, 28×28 pixels, 60,000 to train on and 10,000 to test on.

    X (60000, 784) and (10000, 784), gray level/255 (0 is background); y is an index into
    FASHION_CLASSES. The split is the published one, the order that of the file. X takes 220 MB.
    In a page of the website there are only the first 5,000 and 1,000 of them, and a warning.
    Raises ValueError if the file is missing or holds anything else.
    Source: H. Xiao, K. Rasul and R. Vollgraf, arXiv:1708.07747, 2017.
    """
    if IN_THE_PAGE:
        warnings.warn("here are the first 5,000 and 1,000 of 60,000 and 10,000", stacklevel=2)
        X_train, y_train, X_test, y_test = _read("fashion_mnist_part.npz", _FASHION_PART)
    else:
        X_train, y_train, X_test, y_test = _read("fashion_mnist.npz", _FASHION)
    X_train, X_test = (X / np.float32(255) for X in (X_train, X_test))  # no float64 in between
    return Dataset(X_train, y_train.astype(np.int64), X_test, y_test.astype(np.int64))


class Text(NamedTuple):
    """A text as integers, uint8 (T,), to train on and to test on: places in `characters`."""

    train: np.ndarray
    test: np.ndarray
    characters: str

    def spelled(self, indices):
        """The integers (T,) as characters."""
        return "".join(self.characters[index] for index in indices)

    def numbered(self, text):
        """The integers (T,) of a text; raises ValueError for a character that is not in it."""
        if not isinstance(text, str) or not (text and {*text} <= {*self.characters}):
            got = next((c for c in text if c not in self.characters), text)
            raise ValueError(f"Text expects characters of {self.characters!r}, got {got!r}")
        return np.array([self.characters.index(one) for one in text], np.uint8)


def load_pride_and_prejudice():
    """Jane Austen's novel (1813), 684,768 characters of 75 kinds: the last tenth to test on.

    Raises ValueError if the file is missing or holds anything else. Source: Project Gutenberg, in
    the copy of the R package janeaustenr (J. Silge).
    """
    (text,) = _read("pride_and_prejudice.npz", _NOVEL)
    kinds, indices = np.unique(text, return_inverse=True)
    indices, end = indices.astype(np.uint8), round(0.9 * len(text))
    return Text(indices[:end], indices[end:], kinds.tobytes().decode("ascii"))


def split_validation(data, fraction=1 / 6, rng=0):
    """A Dataset whose X_test and y_test are a validation set, drawn from the training part.

    If you pick a learning rate, a width or an epoch by its accuracy on the test set, you have
    fitted it to the test set, and the best of many such accuracies promises more than new data
    will keep. So pick by the validation set, and look at the test set once, at the end: here it
    is not read.

    data: a Dataset with X_train (S, M) and y_train (S,). `fraction` of each class, rounded to whole
    samples, becomes the validation set; `rng` is a seed or a NumPy Generator. Raises ValueError
    for other shapes, and if a class would be missing in one of the parts.
    """
    X, y = np.asarray(data.X_train), np.asarray(data.y_train)
    if X.ndim != 2 or y.shape != X.shape[:1] or y.size == 0 or y.dtype.kind not in "iu":
        raise ValueError(
            "split_validation expects X_train of shape (S, M) and y_train of shape (S,), integers, "
            f"got X_train {X.shape} and y_train {y.shape} of {y.dtype}"
        )
    train, validation = stratified_split(y, fraction, rng, "split_validation")
    return Dataset(X[train], y[train], X[validation], y[validation])


def stratified_split(y, fraction, rng, who):
    """Two lists of indices into y, both in random order, the second `fraction` of each class."""
    fraction, rng = expect_number(fraction, "fraction", who, 0, 1), as_rng(rng, who)
    second = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = round(fraction * len(members))
        if not 0 < count < len(members):
            part = f"{count} of the {len(members)} samples of class {label}"
            raise ValueError(f"{who} expects each class on both sides, got {part} on the second")
        second[rng.choice(members, count, replace=False)] = True
    return rng.permutation(np.flatnonzero(~second)), rng.permutation(np.flatnonzero(second))


def _read(name, expected):
    """The arrays of the file `name`, if their names, shapes, types and bytes are as `expected`."""
    path = DATA_FOLDER / name
    if not path.exists():
        raise ValueError(f"{path}: expected a file, got none; data/README.md says how to make it")
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {key.removesuffix(".npy"): _member(archive, key) for key in archive.namelist()}
    except Exception as error:  # a damaged archive raises any of a dozen types; all mean the same
        raise _refusal(path, "an .npz archive", f"{type(error).__name__}: {error}") from error
    if set(arrays) != set(expected):
        raise _refusal(path, f"the arrays {', '.join(expected)}", ", ".join(arrays) or "none")
    for key, (shape, digest) in expected.items():
        array = arrays[key]
        if array.shape != shape or array.dtype != np.uint8:
            raise _refusal(path, f"{key} {shape} of uint8", f"{array.shape} of {array.dtype}")
        if (found := hashlib.sha256(array).hexdigest()) != digest:
            raise _refusal(path, f"{key} with SHA-256 {digest}", found)
    return [arrays[key] for key in expected]


def _member(archive, key):
    with archive.open(key) as file:
        return np.ascontiguousarray(np.lib.format.read_array(file, allow_pickle=False))


def _refusal(path, expected, got):
    return ValueError(f"{path}: expected {expected}, got {got}; the file was left for inspection")
