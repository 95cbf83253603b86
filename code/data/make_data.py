"""Make the three .npz files in this folder from their sources, and check what goes into them.

    python make_data.py --fashion FOLDER    # the four -ubyte.gz files of Fashion-MNIST
    python make_data.py --digits FILE       # scikit-learn's digits.csv.gz, or UCI's optdigits.tes
    python make_data.py --novel FILE        # the R package janeaustenr's Rdata.rdb

Where to get them:
- Fashion-MNIST: Debian's package dataset-fashion-mnist (`dpkg -L` tells where it puts them), or
  data/fashion in https://github.com/zalandoresearch/fashion-mnist.
- Digits: sklearn/datasets/data/digits.csv.gz inside the package scikit-learn, a copy of the file
  optdigits.tes of https://archive.ics.uci.edu/dataset/80.
- Pride and Prejudice: Debian's package r-cran-janeaustenr, version 1.0.0-1.

The same sources give the same arrays on every machine, and the same file with the same zlib:
names, order and dates inside the archive are fixed. Deflate at level 9 is slow to write (20 s) and
as quick to read as level 6; LZMA would save 4 MB and cost every reader seconds at every load.
"""

import argparse
import gzip
import hashlib
import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

# SHA-256 of the pixels and of the labels, one byte each, training part first, then the test part;
# of the text.
SHA256 = {
    "fashion_mnist": (
        "0fbbfcb392782b3b702472ead3688778e1509e8cf40f5c24d9d3303618b193ab",
        "8ab940a680640f36c0bf1d2549cb2f3b3d4068c12547116cc7b1161b1d26663d",
    ),
    "pride_and_prejudice": ("dfc684d4f857fa938268f9ab9c5567b64bd0691251eca959644adeabe6287a4d",),
    "digits": (
        "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3",
        "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
    ),
}


def read_idx(path):
    """The array in an IDX file: two zero bytes, type (8: uint8), rank, sizes (big-endian), data."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: expected an IDX file of uint8, got one that begins {data[:3]!r}")
    sizes = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def fashion_arrays(folder):
    """The four arrays of Fashion-MNIST, images as rows of 784 pixels."""
    arrays = {}
    for part, prefix in ("train", "train"), ("test", "t10k"):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        arrays[f"X_{part}"] = images.reshape(len(images), -1)
        arrays[f"y_{part}"] = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    return arrays


def digits_arrays(path):
    """The two arrays of the digits: each line holds 64 pixels and the label."""
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8, ndmin=2, converters=float)
    return {"X": table[:, :-1].copy(), "y": table[:, -1].copy()}


def novel_arrays(path):
    """The text of the novel: its lines are strings in R's serialization, one object after another.

    An object is its size (4 bytes), then zlib. A string is a mark, its length (4 bytes), its bytes.
    """
    data, mark = path.read_bytes(), b"\0\x04\0\x09"
    while data:
        unpack = zlib.decompressobj()
        found, data = unpack.decompress(data[4:]), unpack.unused_data
        place, lines = found.find(mark), []
        while found[place : place + 4] == mark:
            start = place + 8
            place = start + int.from_bytes(found[place + 4 : start], "big")
            lines.append(found[start:place])
        if lines[:1] == [b"PRIDE AND PREJUDICE"]:
            return {"text": np.frombuffer(b"\n".join(lines) + b"\n", np.uint8)}
    raise ValueError(f"{path}: expected Pride and Prejudice among its objects, got others")


def check(name, arrays):
    """Raise ValueError unless pixels and labels, or the text, have the SHA-256 they should have."""
    kinds = "Xy" if len(SHA256[name]) == 2 else ["text"]
    for kind, expected in zip(kinds, SHA256[name], strict=True):
        parts = [array for key, array in arrays.items() if key.startswith(kind)]
        found = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
        if found != expected:
            raise ValueError(f"{name}, {kind}: expected SHA-256 {expected}, got {found}")


def write_npz(path, arrays):
    """Write what np.savez_compressed would write, at level 9 and with nothing in it that varies."""
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the archive does not say on which system it was made
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fashion", type=Path, metavar="FOLDER", help="of four -ubyte.gz files")
    parser.add_argument("--digits", type=Path, metavar="FILE", help="digits.csv.gz, optdigits.tes")
    parser.add_argument("--novel", type=Path, metavar="FILE", help="Rdata.rdb")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path(__file__).parent)
    options = parser.parse_args(arguments)
    arrays = {}
    if options.fashion:
        arrays["fashion_mnist"] = fashion_arrays(options.fashion)
    if options.digits:
        arrays["digits"] = digits_arrays(options.digits)
    if options.novel:
        arrays["pride_and_prejudice"] = novel_arrays(options.novel)
    if not arrays:
        parser.error("give --fashion, --digits or --novel")
    for name in arrays:
        check(name, arrays[name])
        path = options.out / f"{name}.npz"
        write_npz(path, arrays[name])
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
