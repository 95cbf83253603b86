"""The bench: what it keeps is consistent, and what does not depend on the machine is right.

That something is fast is measured by `make bench` and tested nowhere: a test must not depend on
what else a machine is doing.
"""

import cProfile
import json
import pstats
import re
from datetime import date

import numpy as np
import pytest
from backprop import MLP, SGD, train
from backprop.datasets import Dataset
from bench import __main__ as bench
from bench import growth, race, shares, table, task
from bench.contestants import library, products
from helpers import draw


@pytest.fixture(scope="module")
def results():
    return json.loads(bench.RESULTS.read_text("utf-8"))


def random_data(samples, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((samples, task.SIZES[0]), dtype=np.float32)
    return X, rng.integers(task.SIZES[-1], size=samples)


# What is kept.


def test_the_results_say_on_what_machine_and_when(results):
    machine = results["machine"]
    assert date.fromisoformat(machine["date"]) >= date(2026, 11, 1)
    assert machine["processor"]
    assert machine["system"]
    assert machine["blas"]
    assert machine["cores"] >= max(bench.THREADS)
    assert set(machine["versions"]) == {"numpy", *bench.LIBRARIES}


def test_the_results_are_of_whole_epochs_of_all_contestants(results):
    size, rounds = results["task"]["samples"], results["task"]["rounds"]
    assert size == task.SAMPLES
    assert results["task"]["flops"] == task.flops()
    assert rounds >= 5
    settings = [(found["threads"], found["batch"]) for found in results["races"]]
    assert settings == [(threads, batch) for threads in bench.THREADS for batch in bench.BATCHES]
    for found in results["races"]:
        assert found["samples"] == size
        for times in (found["seconds"], found["processor seconds"]):
            assert set(times) == set(race.CONTESTANTS)
            assert all(len(row) == rounds and min(row) > 0 for row in times.values())


def test_every_time_was_measured(results):
    """No clock gives the same nanoseconds twice: equal times would have been copied."""
    rows = [row for found in results["races"] for row in found["seconds"].values()]
    rows += [point["microseconds"] for point in results["growth"]]
    times = [time for row in rows for time in row]
    assert len(set(times)) == len(times)


def test_medians_and_ratios_are_those_of_the_times(results):
    for found in results["races"]:
        walls, cpus = found["seconds"], found["processor seconds"]
        for kind, values in race.summary(walls, cpus).items():
            assert set(values) == set(race.CONTESTANTS)
            for name, value in values.items():
                assert found[kind][name] == pytest.approx(value, rel=1e-12)


def test_a_ratio_is_the_median_over_the_rounds():
    """Not the ratio of the medians: here the machine was slow in the last round, for both."""
    walls = {name: [1.0, 1.0, 1.0] for name in race.CONTESTANTS}
    walls |= {race.OURS: [1.0, 2.0, 8.0], race.STANDARD: [2.0, 2.0, 16.0]}
    summary = race.summary(walls, walls)
    assert summary["ratio"][race.OURS] == 0.5
    assert summary["products"][race.OURS] == 0.5
    assert summary["median"][race.OURS] == 2.0
    assert summary["quartiles"][race.OURS] == [1.5, 5.0]


def test_all_contestants_trained_the_same(results):
    for found in results["races"]:
        losses = found["losses"]
        assert set(losses) == set(race.CONTESTANTS) - {race.PRODUCTS}
        for reference in losses.values():
            race.expect_agreement(losses, reference, 2 * race.TOLERANCE)


def test_the_growth_is_of_the_points_that_the_bench_names(results):
    points = iter(results["growth"])
    for varied, values in growth.SERIES.items():
        for value, (sizes, batch) in values.items():
            point = next(points)
            assert (point["varied"], point["value"], point["batch"]) == (varied, value, batch)
            assert point["sizes"] == list(sizes)
            cost = growth.cost(sizes, point["microseconds"])
            assert {name: point[name] for name in cost} == cost
    assert next(points, None) is None


def test_the_profile_adds_up(results):
    profile = results["profile"]
    assert set(profile["shares"]) == set(profile["seconds"]) == set(shares.NAMES)
    assert sum(profile["shares"].values()) == pytest.approx(1)
    assert sum(profile["seconds"].values()) == pytest.approx(profile["profiled epoch"])
    for name, seconds in profile["seconds"].items():
        assert profile["shares"][name] == pytest.approx(seconds / profile["profiled epoch"])


def test_the_memory_is_relative_to_the_training_set(results):
    assert [found["validation"] for found in results["memory"]] == [0, 1 / 6]
    for found in results["memory"]:
        assert found["training set"] == 4 * task.SAMPLES * task.SIZES[0]
        assert found["ratio"] == pytest.approx(found["taken"] / found["training set"])


# What is printed.


def test_the_table_prints_what_is_kept(results):
    for found in results["races"]:
        printed = {}
        for line in table.race_table(found).splitlines()[2:]:
            name, *cells = re.split(r"\s{2,}", line)
            printed[name] = [float(number) for number in re.findall(r"[\d.]+", " ".join(cells))]
        assert set(printed) == set(race.CONTESTANTS)
        for name, (seconds, low, high, ratio, share, cores) in printed.items():
            assert seconds == pytest.approx(found["median"][name], abs=5.1e-4)
            assert [low, high] == pytest.approx(found["quartiles"][name], abs=5.1e-4)
            assert ratio == pytest.approx(found["ratio"][name], abs=5.1e-3)
            assert share / 100 == pytest.approx(found["products"][name], abs=5.1e-3)
            assert cores == pytest.approx(found["cores"][name], abs=5.1e-3)


def test_the_report_has_every_table_and_names_the_machine(results):
    report = table.report(results)
    for found in results["races"]:
        assert table.race_table(found) in report
    assert table.growth_table(results["growth"]) in report
    assert table.shares_table(results["profile"]) in report
    assert table.memory_table(results["memory"]) in report
    assert results["machine"]["processor"] in report
    assert results["machine"]["date"] in report


# The task.


def test_the_operations_of_a_small_network():
    """2-3-4: forward 2·3 + 3·4 products, by the weights as many, by the hidden units 3·4."""
    assert task.flops((2, 3, 4), samples=1) == 2 * ((6 + 12) + (6 + 12) + 12)
    assert task.parameters((2, 3, 4)) == 6 + 3 + 12 + 4


def test_the_parameters_are_those_of_the_network():
    assert task.parameters() == sum(p.value.size for p in MLP(task.SIZES).parameters())


@pytest.mark.parametrize(("samples", "batch"), [(256, 128), (300, 128), (100, 128)])
def test_the_products_alone_have_the_operations_of_the_formula(samples, batch):
    X, y = random_data(samples)
    alone = products.Products(X, y, batch, threads=1)
    alone.start(task.initial_weights())
    found = 0
    for step in alone.steps():
        for A, B, out in step:
            assert A.dtype == B.dtype == out.dtype == np.float32
            np.matmul(A, B, out=out)
            found += 2 * A.shape[0] * A.shape[1] * B.shape[1]
    assert found == task.flops(samples=samples)


def test_the_products_alone_are_those_of_a_linear_network():
    X, V, W, dY = draw(5, 4), draw(3, 4, seed=1), draw(2, 3, seed=2), draw(5, 2, seed=3)
    Ys, dXs = [np.empty((5, 3)), np.empty((5, 2))], [np.empty((5, 4)), np.empty((5, 3))]
    dWs = [np.empty((3, 4)), np.empty((2, 3))]
    for A, B, out in products.plan(X, [V, W], Ys, dY, dWs, dXs):
        np.matmul(A, B, out=out)
    np.testing.assert_allclose(Ys[1], X @ V.T @ W.T)
    np.testing.assert_allclose(dWs[1], dY.T @ (X @ V.T))
    np.testing.assert_allclose(dWs[0], (dY @ W).T @ X)


def test_train_takes_the_samples_in_the_order_that_the_others_take():
    class Listening(MLP):
        def forward(self, X):
            seen.extend(X[:, 0].tolist())
            return super().forward(X)

    seen, samples = [], 10
    X = np.arange(samples, dtype=np.float32)[:, None]
    data, model = Dataset(X, np.arange(samples) % 2, None, None), Listening([1, 3, 2], rng=0)
    optimizer = SGD(model.parameters(), lr=0.0)
    settings = {"epochs": 1, "batch_size": 4, "validation": 0, "progress": False}
    train(model, data, optimizer, rng=7, **settings)
    assert seen == task.order(7, samples).tolist()


# Nobody is timed for doing something else.


@pytest.fixture
def only_ours(monkeypatch):
    """The others are not installed where the tests run."""
    for name in set(race.CONTESTANTS) - {race.OURS, race.PRODUCTS}:
        monkeypatch.delitem(race.CONTESTANTS, name)


@pytest.mark.usefixtures("only_ours")
def test_this_library_is_where_float64_is():
    losses = race.losses_after_steps(*random_data(2000), batch=64, threads=1)
    assert set(losses) == {race.OURS}


@pytest.mark.usefixtures("only_ours")
@pytest.mark.parametrize(("name", "value"), [("LR", 0.0505), ("MOMENTUM", 0.89)])
def test_another_setting_is_noticed(monkeypatch, name, value):
    class Other(library.Library):
        def start(self, weights):
            with monkeypatch.context() as patch:
                patch.setattr(library, name, value)
                super().start(weights)

    monkeypatch.setattr(library, "Other", Other, raising=False)
    monkeypatch.setitem(race.CONTESTANTS, race.OURS, "library.Other")
    with pytest.raises(ValueError, match="this library: the mean loss is .* does not train what"):
        race.losses_after_steps(*random_data(2000), batch=64, threads=1)


def test_a_loss_that_is_nan_is_noticed():
    with pytest.raises(ValueError, match="PyTorch: the end loss is nan, expected 0.5"):
        race.expect_agreement({"PyTorch": {"end": np.nan}}, {"end": 0.5}, 1e-5)


# Where the time goes.


def test_all_time_of_an_epoch_has_one_purpose():
    """The purposes are found by the names of modules: each must still be there."""
    entrant = library.Library(*random_data(600), batch=64, threads=1)
    entrant.start(task.initial_weights())
    profiler = cProfile.Profile()
    profiler.runcall(entrant.epoch, 0)
    stats = pstats.Stats(profiler).stats
    seconds = shares.by_purpose(stats)
    assert set(seconds) == set(shares.NAMES)
    assert min(seconds.values()) > 0
    assert sum(seconds.values()) == pytest.approx(sum(timing[2] for timing in stats.values()))


def test_what_is_called_counts_for_those_who_call():
    ours, sums = ("backprop/losses.py", 1, "loss"), ("numpy.py", 2, "sum")
    checks = ("backprop/validation.py", 3, "checked")
    stats = {
        ours: (1, 1, 1.0, 9.0, {}),
        checks: (1, 1, 2.0, 3.0, {}),
        sums: (5, 5, 4.0, 4.0, {ours: (4, 4, 3.0, 3.0), checks: (1, 1, 1.0, 1.0)}),
    }
    seconds = shares.by_purpose(stats)
    assert seconds == dict.fromkeys(shares.NAMES, 0.0) | {"loss": 4.0, "checks": 3.0}


# The environment.


@pytest.mark.parametrize("threads", [1, 2])
def test_every_library_is_told_the_number_of_threads(monkeypatch, threads):
    for name in bench.SLOW:
        monkeypatch.setenv(name, "Haswell")
    environment = bench.environment(threads)
    assert not bench.SLOW & set(environment)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        assert environment[name] == str(threads)
    assert f"intra_op_parallelism_threads={threads}" in environment["XLA_FLAGS"]
