"""The datasets are the published ones, and a file that differs in a single byte is refused."""

import csv
import gzip
import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from backprop import datasets
from backprop.datasets import Dataset, load_digits, load_fashion_mnist, split_validation

LOADERS = {"digits.npz": load_digits, "fashion_mnist.npz": load_fashion_mnist}
DATA = datasets.DATA_FOLDER
README = (DATA / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fashion():
    return load_fashion_mnist()


@pytest.fixture(scope="module")
def raw_digits():
    with np.load(DATA / "digits.npz") as file:
        return file["X"], file["y"]


def sha256(*arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def same(data, other):
    return all(np.array_equal(a, b) for a, b in zip(data, other, strict=True))


# What the files hold


def test_fashion_mnist_is_the_published_dataset():
    # Not the sums that the loader checks: these go over both parts, as the sources give them.
    with np.load(DATA / "fashion_mnist.npz") as file:
        images = sha256(file["X_train"], file["X_test"])
        labels = sha256(file["y_train"], file["y_test"])
    assert images == "0fbbfcb392782b3b702472ead3688778e1509e8cf40f5c24d9d3303618b193ab"
    assert labels == "8ab940a680640f36c0bf1d2549cb2f3b3d4068c12547116cc7b1161b1d26663d"


def test_fashion_mnist_arrays(fashion):
    assert [a.shape for a in fashion] == [(60000, 784), (60000,), (10000, 784), (10000,)]
    assert [a.dtype for a in fashion] == [np.float32, np.int64, np.float32, np.int64]
    assert all(a.flags.c_contiguous for a in fashion)
    for X in (fashion.X_train, fashion.X_test):
        assert (X.min(), X.max()) == (0, 1)
    assert np.bincount(fashion.y_train).tolist() == [6000] * 10
    assert np.bincount(fashion.y_test).tolist() == [1000] * 10


def test_fashion_mnist_scale_order_and_classes(fashion):
    with np.load(DATA / "fashion_mnist.npz") as file:
        assert np.array_equal(np.rint(fashion.X_test * 255), file["X_test"])
    # The first labels of both parts, as everyone meets them who plots the first few images.
    first = [datasets.FASHION_CLASSES[y] for y in fashion.y_train[:4]]
    assert first == ["Ankle boot", "T-shirt/top", "T-shirt/top", "Dress"]
    assert [datasets.FASHION_CLASSES[y] for y in fashion.y_test[:2]] == ["Ankle boot", "Pullover"]
    assert len(set(datasets.FASHION_CLASSES)) == 10


def test_no_two_images_of_fashion_mnist_are_equal(fashion):
    with np.load(DATA / "fashion_mnist.npz") as file:
        rows = {row.tobytes() for key in ("X_train", "X_test") for row in file[key]}
    assert len(rows) == 70000


def test_digits_arrays(raw_digits):
    data = load_digits()
    assert [a.shape for a in data] == [(1438, 64), (1438,), (359, 64), (359,)]
    assert [a.dtype for a in data] == [np.float32, np.int64, np.float32, np.int64]
    for X in (data.X_train, data.X_test):
        assert (X.min(), X.max()) == (0, 1)
    assert set(np.unique(data.X_train * 16)) == set(range(17))
    assert np.bincount(raw_digits[1]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


# How they are split


def rows_with_label(X, y):
    return {(row.tobytes(), int(label)) for row, label in zip(X, y, strict=True)}


@pytest.mark.parametrize("rng", [0, 5])
def test_digits_are_shared_out_without_loss_or_overlap(raw_digits, rng):
    X, y = raw_digits
    data = load_digits(rng)
    train = rows_with_label(data.X_train, data.y_train)
    test = rows_with_label(data.X_test, data.y_test)
    assert not train & test
    assert train | test == rows_with_label(X / np.float32(16), y)
    assert len(train) + len(test) == len(y)  # all 1,797 images differ, so the sets lose none


def test_digits_are_split_class_by_class(raw_digits):
    wanted = np.bincount(raw_digits[1]) / 5
    assert np.abs(np.bincount(load_digits().y_test) - wanted).max() <= 0.5


def test_the_split_of_digits_is_the_same_everywhere():
    # Results in the book rest on this split: if it ever changes with NumPy, this is what says so.
    data = load_digits()
    assert data.y_train[:12].tolist() == [8, 0, 5, 0, 4, 3, 6, 0, 0, 6, 6, 0]
    assert data.y_test[:12].tolist() == [5, 9, 2, 6, 6, 6, 6, 2, 8, 1, 0, 6]
    assert same(data, load_digits(0))
    assert same(data, load_digits(np.random.default_rng(0)))
    assert not same(data, load_digits(1))


def test_digits_come_in_random_order():
    # Careless splitting leaves classes out of the first rows, which is where short examples look.
    data = load_digits()
    assert len(np.unique(data.y_train[:100])) == len(np.unique(data.y_test[:100])) == 10


def test_validation_part_of_fashion_mnist(fashion):
    split = split_validation(fashion)
    assert [a.shape for a in split] == [(50000, 784), (50000,), (10000, 784), (10000,)]
    assert [a.dtype for a in split] == [np.float32, np.int64, np.float32, np.int64]
    assert np.bincount(split.y_train).tolist() == [5000] * 10
    assert np.bincount(split.y_test).tolist() == [1000] * 10
    assert len(np.unique(split.y_train[:100])) == len(np.unique(split.y_test[:100])) == 10


def small(rng=0):
    """A dataset of 23 + 7 samples in three classes of unequal size, every sample different."""
    rng = np.random.default_rng(rng)
    y = np.repeat([0, 1, 2], [6, 7, 10])
    X = rng.permutation(23 * 4).reshape(23, 4).astype(np.float32)
    return Dataset(X, y, np.full((7, 4), np.nan, np.float32), np.full(7, -1))


@pytest.mark.parametrize("fraction", [1 / 6, 0.3, 0.5, 0.8])
def test_validation_part_comes_from_the_training_part(fraction):
    data = small()
    split = split_validation(data, fraction)
    train = rows_with_label(split.X_train, split.y_train)
    validation = rows_with_label(split.X_test, split.y_test)
    assert not train & validation
    assert train | validation == rows_with_label(data.X_train, data.y_train)
    assert len(split.y_train) + len(split.y_test) == 23
    wanted = fraction * np.bincount(data.y_train)
    assert np.abs(np.bincount(split.y_test) - wanted).max() <= 0.5
    assert split.X_train.dtype == np.float32


def test_validation_part_depends_on_rng_alone_and_leaves_the_data_alone():
    data = small()
    before = [a.copy() for a in data]
    split = split_validation(data, 0.4, rng=3)
    assert same(split, split_validation(data, 0.4, rng=3))
    assert not same(split, split_validation(data, 0.4, rng=4))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(data, before, strict=True))
    split.X_train[:] = -1
    assert data.X_train.min() >= 0


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), "half", 0.01, 0.99])
def test_a_fraction_that_leaves_a_part_without_a_class(fraction):
    with pytest.raises(ValueError, match="split_validation expects (fraction|each class)"):
        split_validation(small(), fraction)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.zeros((5, 3)), np.zeros(4, int)),
        (np.zeros((5, 3)), np.zeros((5, 3), int)),
        (np.zeros(5), np.zeros(5, int)),
        (np.zeros((5, 3)), np.zeros(5)),
        (np.zeros((0, 3)), np.zeros(0, int)),
    ],
)
def test_split_validation_names_shapes(X, y):
    with pytest.raises(ValueError, match=re.escape(f"got X_train {X.shape} and y_train {y.shape}")):
        split_validation(Dataset(X, y, X, y), 0.5)


# What the data card says of the digits


def nearest(distances, train, test):
    return train[distances[np.ix_(test, train)].argmin(1)]


def test_an_unknown_hand_is_harder_to_read(raw_digits):
    X, y = raw_digits[0].astype(float), raw_digits[1]
    squares = (X**2).sum(1)
    distances = squares[:, None] + squares - 2 * X @ X.T
    rows = np.arange(len(y))

    def accuracy(order):
        folds = np.array_split(order, 5)
        right = [y[nearest(distances, np.setdiff1d(rows, fold), fold)] == y[fold] for fold in folds]
        return np.mean([fold.mean() for fold in right])

    in_file_order, at_random = accuracy(rows), accuracy(np.random.default_rng(0).permutation(rows))
    assert f"({in_file_order:.1%} and {at_random:.1%})" in " ".join(README.split())

    np.fill_diagonal(distances, np.inf)
    near = np.mean(np.abs(distances.argmin(1) - rows) < 130)
    assert f"in {near:.0%} of cases" in " ".join(README.split())


def test_the_data_card_prints_what_its_lines_print():
    code, printed = re.search(r"```python\n(.*?)```.*?```text\n(.*?)```", README, re.S).groups()
    assert len(code.splitlines()) == 3
    run = subprocess.run([sys.executable, "-c", code], cwd=DATA, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == (printed, 0), run.stderr
    sums = {**datasets._DIGITS, **datasets._FASHION, **datasets._NOVEL}
    assert re.findall(r"(\w+) +(\w{64})", printed) == [(k, v[1]) for k, v in sums.items()]


def test_published_results():
    with open(DATA / "published_results.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["model", "test_accuracy", "kind", "source", "note"]
    assert len({row["model"] for row in rows}) == len(rows)
    assert all(0.5 < float(row["test_accuracy"]) < 1 for row in rows)
    assert all(all(row.values()) for row in rows)
    withdrawn = [row["model"] for row in rows if row["note"].startswith("withdrawn")]
    assert withdrawn == ["MLP 256-128-64"]
    # The column "Fashion test accuracy" of README.md at commit 55506a9, sorted: no row is left out.
    listed = """.835 .876 .8833 .888 .897 .898 .899 .900 .903 .903 .906 .907 .916
    .919 .921 .922 .925 .926 .926 .931 .932 .934 .934 .935 .936 .937 .939 .939 .947
    .949 .950 .953 .954 .957 .959 .963 .967"""
    there = [float(row["test_accuracy"]) for row in rows if "commit 55506a9" in row["source"]]
    assert sorted(there) == [float(one) for one in listed.split()]


def test_students_mistakes():
    """Nothing but codes and words: no author can be found from it, and each line says something."""
    with open(DATA / "student_mistakes.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({tuple(row.values()) for row in rows}) == len(rows) > 200
    for row in rows:
        assert row["collection"] in ("homework", "layers")
        assert re.fullmatch(r"p\d\d|[a-z]\d{3}", row["author"])
        assert re.fullmatch(r"w\d{3}|", row["version"])
        assert re.fullmatch(r"[a-z0-9_]+\.\w+", row["quantity"])
        assert re.fullmatch(r"[a-z0-9-]+", row["mistake"])
        assert row["seen"] in ("run", "read")
        assert row["course_test"] in ("passes", "fails", "")
    assert set(rows[0]) == set(re.findall(r"`(\w+)`", columns_of("student_mistakes.csv")))


def columns_of(file):
    """The first column of the table that the data card has for a file."""
    table = README.split(f"`{file}`")[1].split("| column | |")[1].split("\n\n")[0]
    return "\n".join(line.split("|")[1] for line in table.splitlines() if line.count("|") > 2)


def test_the_five_runs():
    """What the log says of itself: settings chosen by validation, and five seeds with these."""
    log = json.loads((DATA / "fashion_runs.json").read_text("utf-8"))
    assert {"date", "processor", "cores", "threads", "blas", "versions"} <= set(log)
    best = max(log["trials"], key=lambda trial: trial["history"]["val_accuracy"][-1])
    assert log["chosen"] == {name: best[name] for name in log["chosen"]}
    assert [run["seed"] for run in log["runs"]] == [1, 2, 3, 4, 5]
    for run in log["runs"]:
        assert {name: run[name] for name in log["chosen"]} == log["chosen"]
        assert len(run["history"]["loss"]) == run["epochs"]
        assert run["history"]["val_loss"] == []  # trained on all pictures
        assert run["seconds"] < 300
    assert not any("test_accuracy" in trial for trial in log["trials"])
    assert sum(run["test_accuracy"] for run in log["runs"]) / 5 >= 0.905


def test_the_runs_of_the_convolutional_network():
    """Settings chosen by validation, three seeds with these, and a step against PyTorch."""
    log = json.loads((DATA / "convnet_runs.json").read_text("utf-8"))
    assert {"date", "processor", "cores", "threads", "blas", "versions"} <= set(log)
    assert log["threads"] == 1
    best = max(log["trials"], key=lambda trial: trial["history"]["val_accuracy"][-1])
    assert log["chosen"] == {name: best[name] for name in log["chosen"]}
    assert [run["seed"] for run in log["runs"]] == [1, 2, 3]
    for run in log["runs"]:
        assert {name: run[name] for name in log["chosen"]} == log["chosen"]
        assert len(run["history"]["loss"]) == run["epochs"]
        assert run["history"]["val_loss"] == []  # trained on all images
        assert run["cpu_seconds"] < 240
    assert not any("test_accuracy" in trial for trial in log["trials"])
    assert sum(run["test_accuracy"] for run in log["runs"]) / 3 >= 0.92
    assert log["step"]["this library"] <= 1.2 * log["step"]["PyTorch"]
    assert log["step"]["matrix products alone"] >= 0.45 * log["step"]["this library"]


def test_the_runs_of_the_gpt():
    """Settings chosen by validation, some of three seeds twice, the same numbers as PyTorch's."""
    log = json.loads((DATA / "gpt_runs.json").read_text("utf-8"))
    assert {"date", "processor", "cores", "threads", "blas", "versions"} <= set(log)
    assert log["threads"] == 1
    best = min(log["trials"], key=lambda trial: trial["curve"][-1]["held_out"])
    assert log["chosen"] == {name: best[name] for name in log["chosen"]}
    for kind in ("short", "long"):
        seeds = [run["seed"] for run in log[kind]]
        assert seeds == [1, 2, 3][: len(seeds)]
        for run in log[kind]:
            assert {name: run[name] for name in log["chosen"]} == log["chosen"]
            assert run["parameters"] <= 1e6
            assert run["curve"][-1]["step"] == run["steps"]
    scores = {
        kind: np.mean([run["curve"][-1]["held_out"] for run in log[kind]])
        for kind in ("page", "short", "long")
        if log[kind]
    }
    assert scores["page"] <= 1.7
    assert scores.get("long", 0) < scores["short"] <= 1.25
    assert all(run["cpu_seconds"] < 300 for run in log["short"])
    assert log["parity"]["steps"] == 100
    assert max(log["parity"]["losses"], log["parity"]["parameters"]) < 1e-10


# That nothing else is accepted


def arrays_of(path):
    with np.load(path) as file:
        return {key: file[key] for key in file.files}


def rewrite(change):
    """A valid archive with `change` made to its arrays."""

    def damage(path):
        arrays = arrays_of(path)
        np.savez(path, **(change(arrays) or arrays))

    return damage


def first(arrays, kind):
    return next(key for key in arrays if key.startswith(kind))


def one_pixel(arrays):
    arrays[first(arrays, "X")][3, 21] ^= 1


def swap_labels(arrays):
    y = arrays[first(arrays, "y")]
    other = np.flatnonzero(y != y[0])[0]
    y[[0, other]] = y[[other, 0]]


def shuffle(arrays):
    X = arrays[first(arrays, "X")]
    X[:] = X[::-1].copy()


def as_images(arrays):
    key = first(arrays, "X")
    side = round(arrays[key].shape[1] ** 0.5)
    arrays[key] = arrays[key].reshape(-1, side, side)


def as_objects(arrays):
    arrays[first(arrays, "y")] = np.array([{"a": 1}, None], dtype=object)


def as_signed(arrays):
    arrays[first(arrays, "X")] = arrays[first(arrays, "X")].view(np.int8)


def fewer_rows(arrays):
    arrays[first(arrays, "y")] = arrays[first(arrays, "y")][:-1]


def edit(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def flip_byte(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def become_folder(path):
    path.unlink()
    path.mkdir()


DAMAGE = {
    "a byte flipped": (edit(flip_byte), "expected an .npz archive, got"),
    "half a download": (edit(lambda data: data[: len(data) // 2]), "expected an .npz archive, got"),
    "last byte missing": (edit(lambda data: data[:-1]), "expected an .npz archive, got"),
    "empty": (edit(lambda data: b""), "expected an .npz archive, got BadZipFile"),
    "an error page": (edit(lambda data: b"<html>404</html>"), "an .npz archive, got BadZipFile"),
    "compressed again": (edit(gzip.compress), "expected an .npz archive, got"),
    "a folder": (become_folder, "expected an .npz archive, got IsADirectoryError"),
    "missing": (Path.unlink, "expected a file, got none"),
    "a pixel changed": (rewrite(one_pixel), r"expected X\w* with SHA-256 \w{64}, got \w{64};"),
    "labels swapped": (rewrite(swap_labels), r"expected y\w* with SHA-256 \w{64}, got \w{64};"),
    "rows reversed": (rewrite(shuffle), r"expected X\w* with SHA-256 \w{64}, got \w{64};"),
    "no labels": (rewrite(lambda a: {k: a[k] for k in a if k[0] == "X"}), r"the arrays X.*, got X"),
    "one more": (rewrite(lambda a: {**a, "extra": np.arange(3)}), r"the arrays X.*, got .*extra"),
    "other names": (rewrite(lambda a: {"Z" + k: a[k] for k in a}), r"the arrays X.*, got ZX"),
    "no arrays": (lambda path: np.savez(path), "got none;"),
    "other shape": (rewrite(as_images), r"X\w* \(\d+, \d+\) of uint8, got \(\d+, \d+, \d+\) of"),
    "other type": (rewrite(as_signed), r"X\w* \(\d+, \d+\) of uint8, got .* of int8;"),
    "a row less": (rewrite(fewer_rows), r"y\w* \(\d+,\) of uint8, got \(\d+,\) of uint8;"),
    "pickled": (rewrite(as_objects), "expected an .npz archive, got ValueError: Object arrays"),
}


@pytest.fixture
def copy(request, tmp_path, monkeypatch):
    """A copy of the dataset, which the loader reads in place of the file in the repository."""
    path = shutil.copy(DATA / request.param, tmp_path)
    monkeypatch.setattr(datasets, "DATA_FOLDER", tmp_path)
    return Path(path)


@pytest.mark.parametrize("copy", LOADERS, indirect=True)
def test_the_loader_reads_the_copy(copy):
    before = copy.read_bytes()
    assert len(LOADERS[copy.name]()) == 4
    assert copy.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("copy", LOADERS, indirect=True)
def test_a_damaged_file_is_refused_and_left(copy, damage):
    do, reason = DAMAGE[damage]
    do(copy)
    before = copy.read_bytes() if copy.is_file() else copy.exists()
    with pytest.raises(ValueError, match=reason) as caught:
        LOADERS[copy.name]()
    message = str(caught.value)
    assert message.startswith(f"{copy}: expected ")
    assert "\n" not in message
    assert message.endswith("how to make it" if damage == "missing" else "left for inspection")
    assert before == (copy.read_bytes() if copy.is_file() else copy.exists())
    assert list(copy.parent.iterdir()) == ([copy] if copy.exists() else [])


@pytest.mark.filterwarnings("default")  # a warning may not be what stops the loader
@pytest.mark.parametrize("copy", ["digits.npz"], indirect=True)
def test_no_flipped_byte_gets_through(copy):
    """Wherever a byte is flipped, the loader refuses, or the data are right all the same."""
    good, data, messages = load_digits(), copy.read_bytes(), []
    places = [*range(0, len(data), 149), *range(len(data) - 200, len(data))]
    for place in places:
        copy.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            loaded = load_digits()
        except ValueError as error:
            messages.append(str(error))
        else:
            assert same(loaded, good)
    assert len(messages) > 0.7 * len(places)
    assert all(message.startswith(f"{copy}: expected ") for message in messages)


@pytest.mark.parametrize("copy", ["digits.npz"], indirect=True)
def test_order_in_memory_does_not_matter(copy):
    good = load_digits()
    rewrite(lambda arrays: {key: np.asfortranarray(arrays[key]) for key in arrays})(copy)
    assert same(load_digits(), good)


# Where the data lie, and how they were made


def test_an_installed_package_finds_its_data(tmp_path):
    """A wheel is built and unpacked, and the data in it are those that are found."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    source = Path(__file__).resolve().parents[1]
    subprocess.run([*pip, "--wheel-dir", tmp_path, source], check=True, timeout=300)
    (wheel,) = tmp_path.glob("gradients_by_hand-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    found = "print(d.__file__, len(d.load_digits().y_test), len(d.load_fashion_mnist().y_test))"
    # Without site (-S) the checkout's own installation is out of the way.
    paths = [tmp_path / "installed", Path(np.__file__).parents[1]]
    run = subprocess.run(
        [sys.executable, "-S", "-c", f"from backprop import datasets as d; {found}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
    )
    module = tmp_path / "installed/backprop/datasets.py"
    assert run.stdout.split() == [str(module), "359", "10000"], run.stderr


@pytest.fixture(scope="module")
def make_data():
    # Run, not imported: that leaves no __pycache__ among the data.
    return SimpleNamespace(**runpy.run_path(str(DATA / "make_data.py")))


def digits_table(raw_digits, path):
    """The digits as the sources write them: a line for each image, 64 pixels and the label."""
    table = np.column_stack(raw_digits)
    np.savetxt(path, table, fmt="%d", delimiter=",")
    return path


def test_digits_made_again_are_the_same(make_data, raw_digits, tmp_path, monkeypatch):
    source = digits_table(raw_digits, tmp_path / "digits.csv.gz")
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make_data.main(["--digits", str(source), "--out", str(tmp_path / name)])
        files.append((tmp_path / name / "digits.npz").read_bytes())
    assert files[0] == files[1]
    good = load_digits()
    monkeypatch.setattr(datasets, "DATA_FOLDER", tmp_path / "two")
    assert same(load_digits(), good)


def test_a_source_with_another_value_is_refused(make_data, raw_digits, tmp_path):
    X, y = raw_digits
    X = X.copy()
    X[7, 13] += 1
    source = digits_table((X, y), tmp_path / "optdigits.tes")
    with pytest.raises(ValueError, match="digits, X: expected SHA-256"):
        make_data.main(["--digits", str(source), "--out", str(tmp_path)])
    assert not (tmp_path / "digits.npz").exists()


def test_fashion_mnist_is_read_from_its_own_format(make_data, tmp_path):
    rng = np.random.default_rng(0)
    wanted = {}
    for part, prefix, size in ("train", "train", 5), ("test", "t10k", 3):
        images = rng.integers(0, 256, (size, 4, 6), dtype=np.uint8)
        labels = rng.integers(0, 10, size, dtype=np.uint8)
        wanted |= {f"X_{part}": images.reshape(size, 24), f"y_{part}": labels}
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            path = tmp_path / f"{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(header + array.tobytes()))
    arrays = make_data.fashion_arrays(tmp_path)
    assert list(arrays) == ["X_train", "y_train", "X_test", "y_test"]
    assert all(np.array_equal(arrays[key], wanted[key]) for key in wanted)
    with pytest.raises(ValueError, match="fashion_mnist, X: expected SHA-256"):
        make_data.main(["--fashion", str(tmp_path), "--out", str(tmp_path)])


@pytest.mark.parametrize("name", LOADERS)
def test_nothing_in_the_archive_varies(name):
    with zipfile.ZipFile(DATA / name) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries} == {3}


def test_the_repository_stays_small():
    assert (DATA / "fashion_mnist.npz").stat().st_size < 31e6
    assert (DATA / "digits.npz").stat().st_size < 6e4


@pytest.mark.parametrize("seed", ["zero", -1, 0.5, [None]])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="load_digits expects rng to be a seed"):
        load_digits(rng=seed)


def test_a_page_has_the_first_pictures_and_says_so(fashion, monkeypatch, tmp_path):
    from book.website import site

    (tmp_path / "fashion_mnist_part.npz").write_bytes(site.part_of_fashion())
    monkeypatch.setattr(datasets, "DATA_FOLDER", tmp_path)
    monkeypatch.setattr(datasets, "IN_THE_PAGE", True)
    with pytest.warns(UserWarning, match="first 5,000 and 1,000 of 60,000 and 10,000"):
        part = load_fashion_mnist()
    for few, all_ in zip(part, fashion, strict=True):
        assert len(few) in (5000, 1000)
        np.testing.assert_array_equal(few, all_[: len(few)])
