"""Quantities that no exercise asks for: right at odd sizes, and every mistake has its own name."""

import functools
import re

import numpy as np
import pytest
from backprop import numerical_gradient
from backprop.attention import attention_backward
from backprop.convolution import avg_pool2d_backward, conv2d_backward, max_pool2d_backward
from backprop.exercises import diagnose, further
from backprop.exercises.diagnosis.trees import parsed, text, without_one
from backprop.exercises.formulas import evaluate
from backprop.exercises.tables import QUANTITIES
from backprop.exercises.vocabulary import VOCABULARY
from book import ROOT

FAMILIES = further.families()
NAMES = further.names()


# Inputs of two odd sizes


def arrays(rng, **shapes):
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def images(rng, size, kernel, stride, padding=0):
    S, C, H, W = size
    h, w = ((n + 2 * padding - k) // stride + 1 for n, k in zip((H, W), kernel, strict=True))
    given = arrays(rng, X=size, dY=(S, C, h, w))
    given |= {"kernel": list(kernel), "stride": stride}
    return given | ({"padding": padding} if padding else {})


def convolved(rng, S, C, N, sizes, kernel, stride, padding):
    places = [(n + 2 * padding - k) // stride + 1 for n, k in zip(sizes, kernel, strict=True)]
    given = arrays(rng, X=(S, C, *sizes), W=(N, C, *kernel), b=N, dY=(S, N, *places))
    return given | {"stride": stride, "padding": padding}


def recurrent(rng, S, T, D, N, gates=1):
    time = () if T is None else (T,)
    given = arrays(rng, X=(S, *time, D), H0=(S, N), Wx=(D, gates * N), Wh=(N, gates * N))
    return given | arrays(rng, b=gates * N, dH=(S, *time, N))


def gated(rng, S, D, N):
    weights = {f"W{g}": (N, D) for g in "rzn"} | {f"U{g}": (N, N) for g in "rzn"}
    biases = {f"b{g}{of}": N for g in "rzn" for of in "xh"}
    return arrays(rng, x=(S, D), h=(S, N), dh=(S, N), **weights, **biases)


def attending(rng, batch, T, keys, D, N):
    given = arrays(rng, Q=(*batch, T, D), K=(*batch, keys, D), V=(*batch, keys, N))
    return given | arrays(rng, dY=(*batch, T, N)) | {"mask": hiding(T, keys)}


def hiding(T, keys):
    """A mask that hides a third of the keys, and no query's all."""
    return np.add.outer(np.arange(T), np.arange(keys)) % 3 == 1


def heads(rng, S, T, keys, E, heads):
    square = {f"W{n}": (E, E) for n in "qkvo"} | {f"b{n}": E for n in "qkvo"}
    given = arrays(rng, query=(S, T, E), key=(S, keys, E), value=(S, keys, E), **square)
    mask = np.broadcast_to(hiding(T, keys), (S, 1, T, keys))
    return given | arrays(rng, dY=(S, T, E)) | {"heads": heads, "mask": mask}


def normed(rng, *size):
    given = arrays(rng, X=size, gamma=size[1], beta=size[1], dY=size)
    given["X"][:, 0] *= 0.01
    return given | {"eps": 1e-5}


def probabilities(rng, *size):
    return {"P": rng.uniform(0.1, 0.9, size), "T": rng.integers(0, 2, size).astype(float)}


def scores(rng, S, C):
    return arrays(rng, Z=(S, C)) | {"T": rng.integers(0, C, S)}


def signs(rng, *size):
    return arrays(rng, Z=size) | {"T": rng.choice([-1.0, 1.0], size)}


def linear(rng, S, M, C, reg):
    return arrays(rng, X=(S, M), W=(M, C)) | {"T": rng.integers(0, C, S), "reg": reg}


def along(rng, size, axis):
    return arrays(rng, Z=size, dY=size) | {"axis": axis}


ODD = {
    "max_pool": [
        lambda rng: images(rng, (2, 3, 5, 8), (3, 2), 2),
        lambda rng: images(rng, (3, 2, 4, 7), (2, 3), 1, padding=1),
        lambda rng: images(rng, (2, 3, 7, 6), (2, 3), 3, padding=1),
    ],
    "avg_pool": [
        lambda rng: images(rng, (2, 3, 5, 8), (3, 2), 2),
        lambda rng: images(rng, (3, 2, 4, 7), (2, 3), 1, padding=1),
        lambda rng: images(rng, (2, 3, 7, 6), (2, 3), 3, padding=1),
    ],
    "convolution": [
        lambda rng: convolved(rng, 2, 3, 4, (5, 8), (3, 2), 2, 0),
        lambda rng: convolved(rng, 3, 2, 5, (4, 7), (2, 3), 1, 2),
        lambda rng: convolved(rng, 2, 3, 4, (7, 6), (2, 3), 3, 1),
    ],
    "convolution_1d": [
        lambda rng: convolved(rng, 2, 3, 4, (9,), (3,), 2, 0),
        lambda rng: convolved(rng, 3, 2, 5, (7,), (4,), 1, 2),
        lambda rng: convolved(rng, 2, 3, 4, (9,), (3,), 2, 1),
    ],
    "rnn": [lambda rng: recurrent(rng, 2, 4, 3, 5), lambda rng: recurrent(rng, 3, 3, 5, 2)],
    "rnn_step": [
        lambda rng: recurrent(rng, 2, None, 3, 5),
        lambda rng: recurrent(rng, 3, None, 5, 2),
    ],
    "lstm": [lambda rng: recurrent(rng, 2, 4, 3, 5, 4), lambda rng: recurrent(rng, 3, 3, 5, 2, 4)],
    "lstm_step": [
        lambda rng: recurrent(rng, 2, None, 3, 5, 4) | arrays(rng, C0=(2, 5), dC=(2, 5)),
        lambda rng: recurrent(rng, 3, None, 5, 2, 4) | arrays(rng, C0=(3, 2), dC=(3, 2)),
    ],
    "gru_cell": [lambda rng: gated(rng, 2, 3, 5), lambda rng: gated(rng, 3, 5, 2)],
    "attention": [
        lambda rng: attending(rng, (2,), 3, 4, 5, 2),
        lambda rng: attending(rng, (2, 3), 4, 3, 2, 5),
    ],
    "self_attention": [
        lambda rng: arrays(rng, X=(2, 3, 4), Wq=(4, 5), Wk=(4, 5), Wv=(4, 5), dY=(2, 3, 5)),
        lambda rng: arrays(rng, X=(4, 3), Wq=(3, 2), Wk=(3, 2), Wv=(3, 2), dY=(4, 2)),
    ],
    "multi_head": [lambda rng: heads(rng, 2, 3, 5, 6, 3), lambda rng: heads(rng, 3, 4, 2, 8, 2)],
    "softmax_axis": [
        lambda rng: along(rng, (2, 3, 4), 1),
        lambda rng: along(rng, (3, 2, 4, 5), 2),
    ],
    "batch_norm": [lambda rng: normed(rng, 5, 3), lambda rng: normed(rng, 4, 7)],
    "layer_norm": [lambda rng: normed(rng, 5, 3), lambda rng: normed(rng, 4, 7)],
    "batch_norm_2d": [lambda rng: normed(rng, 3, 2, 4, 5), lambda rng: normed(rng, 2, 3, 5, 1)],
    "group_norm": [
        lambda rng: normed(rng, 2, 6, 2, 5) | {"groups": 2},
        lambda rng: normed(rng, 2, 6, 1, 4) | {"groups": 3},
    ],
    "rms_norm": [lambda rng: normed(rng, 5, 3), lambda rng: normed(rng, 4, 7)],
    "mse": [
        lambda rng: arrays(rng, Y=(5, 3), T=(5, 3)),
        lambda rng: arrays(rng, Y=(7,), T=(7,)),
    ],
    "bce": [lambda rng: probabilities(rng, 5, 3), lambda rng: probabilities(rng, 7)],
    "bce_logits": [
        lambda rng: arrays(rng, Z=(5, 3)) | {"T": rng.integers(0, 2, (5, 3)).astype(float)},
        lambda rng: arrays(rng, Z=7) | {"T": rng.integers(0, 2, 7).astype(float)},
    ],
    "hinge": [lambda rng: scores(rng, 5, 4), lambda rng: scores(rng, 7, 3)],
    "hinge_linear": [
        lambda rng: linear(rng, 5, 3, 4, 0.1),
        lambda rng: linear(rng, 6, 4, 3, 0.3),
    ],
    "hinge_binary": [lambda rng: signs(rng, 5, 3), lambda rng: signs(rng, 7)],
}


def draw(family, n, seed=0):
    given = ODD[family][n](np.random.default_rng([seed, n]))
    known = (*FAMILIES[family].takes, *FAMILIES[family].optional)
    return {name: value for name, value in given.items() if name in known}


@functools.cache
def drawn(family, n):
    return draw(family, n)


def right(name, inputs):
    quantity, names = further.understood(name, inputs)
    return np.asarray(evaluate(quantity.formula, names))


# What is right


def test_there_are_inputs_for_every_family():
    assert ODD.keys() == FAMILIES.keys()


def variable(family, output):
    """The input that a gradient belongs to: dWq to Wq, dQuery to query, dX of a GRU to x."""
    known = {**FAMILIES[family].takes, **FAMILIES[family].optional}
    name = output.removeprefix("d")
    return next(n for n in (name, name.lower(), {"H0": "h", "X": "x"}.get(name)) if n in known)


GRADIENTS = [name for name in NAMES if not name.partition(".")[2].startswith("forward")]


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("n", [0, 1])
def test_a_gradient_is_that_of_its_forward(name, n):
    family, _, output = name.partition(".")
    inputs = draw(family, n)
    function = getattr(further.functions(), family)
    wrt = variable(family, output)
    upstream = next((inputs[u] for u in ("dY", "dH", "dh") if u in inputs), 1.0)
    given = {**inputs, wrt: np.zeros_like(inputs["H0"])} if wrt == "C0" else inputs
    given |= {"C0": inputs["C0"]} if "C0" in inputs else {}

    def loss(value):
        found = function(**{**given, wrt: value})
        extra = (found["forwardC"] * inputs["dC"]).sum() if "dC" in inputs else 0.0
        return float((found["forward"] * upstream).sum() + extra)

    expected = numerical_gradient(loss, given[wrt])
    np.testing.assert_allclose(function(**given)[output], expected, rtol=1e-5, atol=1e-7)


def test_images_are_those_of_the_library():
    given = draw("convolution", 1)
    found = further.functions().convolution(**given)
    dX, dW, db = conv2d_backward(given["dY"], given["X"], given["W"], 1, 2)
    for name, value in {"dX": dX, "dW": dW, "db": db}.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12)
    given = draw("max_pool", 0)
    X, dY, window = given["X"], given["dY"], (tuple(given["kernel"]), given["stride"])
    dX = further.functions().max_pool(**given)["dX"]
    np.testing.assert_array_equal(dX, max_pool2d_backward(dY, X, *window))
    dX = further.functions().avg_pool(**given)["dX"]
    np.testing.assert_allclose(dX, avg_pool2d_backward(dY, X.shape, *window), atol=1e-15)


def test_attention_is_that_of_the_library():
    given = draw("attention", 1)
    found = further.functions().attention(**given)
    library = attention_backward(given["dY"], *(given[n] for n in "QKV"), given["mask"])
    for name, value in zip(("dQ", "dK", "dV"), library, strict=True):
        np.testing.assert_allclose(found[name], value, atol=1e-12)


EDGES = {
    "one sample": ("rnn", lambda rng: recurrent(rng, 1, 3, 2, 4)),
    "one step": ("rnn", lambda rng: recurrent(rng, 2, 1, 3, 4)),
    "one step of an LSTM": ("lstm", lambda rng: recurrent(rng, 1, 1, 3, 4, 4)),
    "no padding": ("convolution", lambda rng: convolved(rng, 1, 1, 1, (4, 6), (3, 3), 1, 0)),
    "padding 2": ("convolution", lambda rng: convolved(rng, 1, 2, 3, (4, 6), (3, 3), 2, 2)),
    "a stride that leaves a rest": (
        "convolution", lambda rng: convolved(rng, 2, 2, 3, (6, 8), (3, 3), 2, 0)
    ),
    "a rest in pooling": ("max_pool", lambda rng: images(rng, (1, 1, 5, 7), (2, 2), 2)),
    "a stride beyond the kernel": ("avg_pool", lambda rng: images(rng, (2, 1, 5, 8), (2, 2), 3)),
    "no mask": (
        "attention",
        lambda rng: {n: a for n, a in attending(rng, (2,), 3, 4, 5, 2).items() if n != "mask"},
    ),
    "nothing hidden": (
        "attention", lambda rng: attending(rng, (2,), 3, 4, 5, 2) | {"mask": np.zeros((3, 4), bool)}
    ),
    "all hidden but one": (
        "attention",
        lambda rng: attending(rng, (), 3, 4, 5, 2) | {"mask": np.arange(4) != np.zeros((3, 1))},
    ),
    "the last axis": ("softmax_axis", lambda rng: along(rng, (5, 3), -1)),
    "one sample of batch norm": ("batch_norm", lambda rng: normed(rng, 1, 4)),
    "one row": ("mse", lambda rng: arrays(rng, Y=(1, 3), T=(1, 3))),
    "one column": ("bce", lambda rng: probabilities(rng, 4, 1)),
    "one group": ("group_norm", lambda rng: normed(rng, 2, 4, 3, 1) | {"groups": 1}),
}  # fmt: skip


@pytest.mark.parametrize("what", EDGES)
def test_right_answers_at_the_edge_are_right(what):
    family, made = EDGES[what]
    inputs = made(np.random.default_rng(3))
    inputs = {
        n: v
        for n, v in inputs.items()
        if n in {**FAMILIES[family].takes, **FAMILIES[family].optional}
    }
    for output in FAMILIES[family].gives:
        answer = right(f"{family}.{output}", inputs)
        assert diagnose(f"{family}.{output}", answer, **inputs).ok, output
        rounded = np.vectorize(lambda x: float(f"{x:.11g}"))(answer)
        assert diagnose(f"{family}.{output}", rounded, **inputs).ok, output
        if answer.any():
            assert not diagnose(f"{family}.{output}", answer * 1.001, **inputs).ok, output


# What is wrong


def planted(name, n):
    """(mistake, formula, value) of each that gives other numbers than the right ones.

    One that another has given already isn't there twice; nor one in which an argument is idle.
    """
    inputs = drawn(name.partition(".")[0], n)
    quantity, names = further.understood(name, inputs)
    seen = [np.asarray(evaluate(quantity.formula, names))]
    for mistake in quantity.mistakes:
        for formula in mistake.formulas:
            value = evaluate(formula, names)
            if value is None or not np.isfinite(value).all():
                continue
            value = np.asarray(value, dtype=float)
            others = [evaluate(text(one), names) for one in without_one(parsed(formula), names)]
            if not any(alike(value, one) for one in (*seen, *others)):
                yield mistake, formula, value
                seen.append(value)


def alike(value, other):
    if other is None or value.shape != np.shape(other):
        return False
    return np.allclose(value, other, rtol=2e-6, atol=2e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_mistake_is_called_by_its_name(name):
    for n in range(len(ODD[name.partition(".")[0]])):
        inputs = drawn(name.partition(".")[0], n)
        for mistake, formula, value in planted(name, n):
            found = diagnose(name, value, **inputs)
            assert not found.ok, (n, formula, found.message)
            codes = {code for cause in found.causes for code in cause.codes}
            assert mistake.code in codes | {found.mistake}, (n, formula, found.message)


def lines(family):
    """[(the outputs that it is about, line)] of a family's table."""
    common = [(family.gives, line) for line in family.mistakes]
    return common + [([name], line) for name, some in family.only.items() for line in some]


def tells(family, output, wrong, n):
    """Whether these arguments give other numbers, and each of them is needed for that."""
    name, inputs = f"{family.name}.{output}", drawn(family.name, n)
    quantity, names = further.understood(name, inputs)
    formula = further.formula(family, output, wrong)
    value = evaluate(formula, names)
    if value is None:
        return False
    others = [text(one) for one in without_one(parsed(formula), names)]
    return not any(
        alike(np.asarray(value, float), evaluate(one, names)) for one in (quantity.formula, *others)
    )


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_no_argument_of_a_table_is_without_effect(family):
    assert lines(family)
    idle = [
        wrong
        for outputs, (_, *calls, _) in lines(family)
        for wrong in calls
        if wrong != "eps=eps"
        and not any(
            tells(family, one, wrong, n) for one in outputs for n in range(len(ODD[family.name]))
        )
    ]
    assert idle == []


# What is said


def test_of_two_wrong_arguments_each_has_to_matter():
    inputs = drawn("batch_norm_2d", 0)
    made = further.functions().batch_norm_2d(**inputs, swapped=True, read="outside")
    assert diagnose("batch_norm_2d.dgamma", made["dgamma"], **inputs).mistake == "swapped-gradients"
    forward = diagnose("batch_norm_2d.forward", made["forward"], **inputs)
    assert forward.mistake == "stray-epsilon"  # which has no gradients that could be exchanged
    call = parsed("further.f(X=X, swapped=True, read='outside', eps=1)['dX']")
    assert [text(one) for one in without_one(call, {"X": 0, "eps": 2})] == [
        "further.f(X=X, read='outside', eps=1)['dX']",
        "further.f(X=X, swapped=True, eps=1)['dX']",
        "further.f(X=X, swapped=True, read='outside', eps=eps)['dX']",
    ]
    assert without_one(parsed("further.f(X=X, swapped=True)['dX']"), {}) == []


def test_on_top_of_another_mistake_it_has_to_matter_as_well():
    inputs = drawn("rnn", 0)
    made = further.functions().rnn(**inputs, carry=False)
    found = diagnose("rnn.dWx", made["dWx"] / 2, **inputs)
    assert found.mistakes == ("carry-dropped", "extra-batch-mean")  # nothing about H0 in dWh


def test_nobody_is_told_a_formula_of_ours():
    for name in NAMES:
        inputs = drawn(name.partition(".")[0], 0)
        found = diagnose(name, 3.3 * right(name, inputs) + 1, **inputs)
        assert not found.ok
        assert "further." not in found.message


def tied():
    X = np.array([[0.0, 3, 3, 1], [3, 2, 0, 0], [0, 0, 0, 0]])[None, None]
    return {"X": X, "dY": np.array([[[[2.0, 5]]]]), "kernel": [2, 2], "stride": 2}


def test_a_choice_among_equal_maxima_is_a_convention():
    for ties, code in {
        "first": None,
        "last": None,
        "shared": None,
        "all": "ties-counted-twice",
    }.items():
        dX = further.functions().max_pool(**tied(), ties=ties)["dX"]
        found = diagnose("max_pool.dX", dX, **tied())
        assert found.ok, found.message
        assert found.mistake is None
        assert found.also == code
        assert ("convention" in found.message) == (ties != "first")
    assert not diagnose("max_pool.dX", 2 * dX, **tied()).ok


def test_a_mistake_is_named_whatever_is_chosen_at_ties():
    inputs = tied() | {"stride": 1, "dY": np.arange(1.0, 7).reshape(1, 1, 2, 3)}
    for ties in ("first", "last", "all", "shared"):
        dX = further.functions().max_pool(**inputs, ties=ties, overwritten="entries")["dX"]
        assert diagnose("max_pool.dX", dX, **inputs).mistake == "overwritten", ties


@pytest.mark.parametrize("family", ["attention", "multi_head", "softmax_axis"])
def test_a_small_constant_is_found(family):
    inputs = drawn(family, 0)
    made = further.functions().__dict__[family](**inputs, eps=1e-5)["forward"]
    found = diagnose(f"{family}.forward", made, **inputs)
    assert found.mistake == "stray-epsilon"
    assert "Here it is 1e-05." in found.message


def test_a_mask_is_not_forgotten_where_the_chapter_has_none():
    inputs = draw("attention", 0) | attending(np.random.default_rng(1), (), 3, 4, 5, 2)
    hidden, free = (
        right("attention.dQ", inputs | {"mask": mask}) for mask in (inputs["mask"], None)
    )
    assert diagnose("attention.dQ", hidden, **inputs).ok
    assert diagnose("attention.dQ", free, **inputs).mistake == "mask-too-weak"
    assert diagnose("attention.dQ", free, **inputs | {"mask": None}).ok
    del inputs["mask"]
    assert diagnose("attention.dQ", free, **inputs).ok
    assert not diagnose("attention.dQ", hidden, **inputs).ok


def test_the_mistakes_of_a_chapter_are_known_with_more_inputs_as_well():
    inputs = drawn("layer_norm", 0)
    chapter = {name: inputs[name] for name in QUANTITIES["layer_norm.dbeta"].takes}
    for given in (inputs, chapter):
        found = diagnose("layer_norm.dbeta", inputs["dY"], **given)
        assert found.mistake == "missing-batch-sum"
        assert "in the chapter normalization" in found.message


def test_what_is_missing_or_does_not_fit_is_said():
    inputs = draw("max_pool", 0)
    answer = right("max_pool.dX", inputs)
    for name, says in {"stride": "stride is missing", "X": "X is missing"}.items():
        given = {n: value for n, value in inputs.items() if n != name}
        assert says in diagnose("max_pool.dX", answer, **given).message
    found = diagnose("max_pool.dX", answer, **inputs | {"X": inputs["X"][0]})
    assert found.mistake == "wrong-type"
    assert "expects X of shape" in found.message
    assert "max_pool.dX" in diagnose("no.such", answer).message


def test_empty_is_not_zero():
    inputs = drawn("convolution", 0)
    found = diagnose("convolution.dX", np.zeros((2, 3, 0, 0)), **inputs)
    assert found.mistake == "wrong-padding"
    assert "[0:-0], which is empty" in found.message
    assert diagnose("convolution.dX", np.zeros((2, 3, 5, 8)), **inputs).mistake == "never-computed"


# The tables


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_is_well_formed(family):
    assert set(family.only) <= set(family.gives)
    for _, (code, *wrong, says) in lines(family):
        assert code in VOCABULARY
        assert wrong
        assert re.search(r"[.?)]$", says), says
    assert {code for code, *_ in family.conventions} <= {*VOCABULARY, ""}
    assert bool(family.chapter) == bool(family.section)
    if family.section:
        page = (ROOT / f"chapters/{family.chapter}.md").read_text("utf-8")
        assert family.section in re.findall(r"^#+ (.+)$", page, re.M)


def test_a_table_is_read_when_one_of_its_quantities_is_named():
    further._table.cache_clear()
    further.quantity.cache_clear()
    assert diagnose("relu.dX", np.ones((2, 3)), dY=np.ones((2, 3)), X=np.ones((2, 3))).ok
    assert further._table.cache_info().currsize == 0
    assert diagnose("hinge.dZ", right("hinge.dZ", drawn("hinge", 0)), **drawn("hinge", 0)).ok
    assert further._table.cache_info().currsize == 1
