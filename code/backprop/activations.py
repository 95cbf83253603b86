"""Nine elementwise activations h and their derivatives h'.

Source: chapter "Activations"; homework, question d.

Y_ij = h(X_ij), so ∂L/∂X = ∂L/∂Y ⊙ h'(X). Where h has a kink, h' there is the derivative from the
left; that is a convention (PyTorch's too), stated with each function. Every function takes an array
of any shape and returns one of the same shape.

Every formula is finite for |x| up to 1e4 and right to the last digits of its dtype: no two nearly
equal numbers are subtracted, except where h' itself goes through 0. No exponent is positive where
it could overflow: −|x| is what most of them are.

All formulas hold for complex x with a tiny imaginary part as well, which is what the complex step
needs. So −|x| is written min(x, −x): NumPy compares complex numbers by their real parts first, and
`np.abs` would forget the imaginary one.
"""

import math

import numpy as np
from numpy.polynomial import chebyshev

from .layer import Layer
from .validation import expect_number, expects

# Python's numbers: NumPy's float64 would turn float32 into float64.
SQRT_2PI = math.sqrt(2 * math.pi)
NODES = [(2 * n + 1) * math.pi / 9 for n in range(12)]
BLOCK = 2**14  # entries that stay in the processor's cache through a long formula


@expects("relu", X="...")
def relu(X):
    """max(x, 0)."""
    return np.maximum(X, 0)


@expects("relu_derivative", X="...")
def relu_derivative(X):
    """1 where x > 0, else 0; so 0 at the kink x = 0."""
    return (X > 0).astype(X.dtype)


@expects("leaky_relu", X="...", slope="number")
def leaky_relu(X, slope=0.01):
    """x where x > 0, else slope·x."""
    return np.where(X > 0, X, slope * X)


@expects("leaky_relu_derivative", X="...", slope="number")
def leaky_relu_derivative(X, slope=0.01):
    """1 where x > 0, else the slope of leaky ReLU; so that slope at the kink x = 0."""
    return np.where(X > 0, 1, slope).astype(X.dtype)


@expects("elu", X="...", alpha="number")
def elu(X, alpha=1.0):
    """x where x > 0, else alpha·(eˣ − 1). Both are computed: the exponent ends at 0."""
    return np.where(X > 0, X, alpha * np.expm1(np.minimum(X, 0)))


@expects("elu_derivative", X="...", alpha="number")
def elu_derivative(X, alpha=1.0):
    """1 where x > 0, else alpha·eˣ; so alpha at x = 0, which is a kink unless alpha = 1."""
    return np.where(X > 0, 1, alpha * np.exp(np.minimum(X, 0))).astype(X.dtype)


@expects("sigmoid", X="...")
def sigmoid(X):
    """σ(x) = 1/(1 + e⁻ˣ) right of 0, and eˣ/(1 + eˣ) left of it, where e⁻ˣ could overflow."""
    return np.exp(np.minimum(X, 0)) / (1 + np.exp(np.minimum(X, -X)))


@expects("sigmoid_derivative", X="...")
def sigmoid_derivative(X):
    """σ(x)·(1 − σ(x)), and 1 − σ(x) is σ(−x)."""
    return sigmoid(X) * sigmoid(-X)


@expects("tanh", X="...")
def tanh(X):
    """The hyperbolic tangent; NumPy's own, since (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ) is nan for large x."""
    return np.tanh(X)


@expects("tanh_derivative", X="...")
def tanh_derivative(X):
    """1 − tanh(x)² = 1/cosh(x)², written as 4e^−2|x|/(1 + e^−2|x|)²: tanh is soon nearly 1."""
    E = np.exp(2 * np.minimum(X, -X))
    return 4 * E / (1 + E) ** 2


@expects("softplus", X="...")
def softplus(X):
    """log(1 + eˣ), written as max(x, 0) + log(1 + e^−|x|), which cannot overflow."""
    return np.maximum(X, 0) + np.log1p(np.exp(np.minimum(X, -X)))


@expects("softplus_derivative", X="...")
def softplus_derivative(X):
    """σ(x)."""
    return sigmoid(X)


@expects("gelu", X="...")
def gelu(X):
    """x·Φ(x), Φ the standard normal distribution function: exact, not the tanh approximation."""
    return _gelu(X)[0]


@expects("gelu_derivative", X="...")
def gelu_derivative(X):
    """Φ(x) + x·φ(x), φ = Φ' the standard normal density."""
    return _gelu(X)[1]


@expects("silu", X="...")
def silu(X):
    """x·σ(x), also called swish."""
    return X * sigmoid(X)


@expects("silu_derivative", X="...")
def silu_derivative(X):
    """σ(x) + x·σ(x)·(1 − σ(x)), and 1 − σ(x) is σ(−x)."""
    return sigmoid(X) * (1 + X * sigmoid(-X))


@expects("mish", X="...")
def mish(X):
    """x·tanh(softplus(x)) (Misra 2019)."""
    return X * _tanh_softplus(X)


@expects("mish_derivative", X="...")
def mish_derivative(X):
    """tanh(softplus(x)) + x·(1 − tanh(softplus(x))²)·σ(x)."""
    t = _tanh_softplus(X)
    return t + X * (1 - t**2) * sigmoid(X)


def _tanh_softplus(X):
    # With E = eˣ: tanh(log(1 + E)) = ((1 + E)² − 1)/((1 + E)² + 1), and (1 + E)² − 1 = E(E + 2).
    # From x = 20 on the quotient is 1 in float64, so the exponent may end there.
    E = np.exp(np.minimum(X, 20))
    return E * (E + 2) / (E * (E + 2) + 2)


def _tail(t):
    """e^(t²/2)·Φ(−t) for t ≥ 0; NumPy has no erf.

    DLMF 7.7.1 has it as t/2π · ∫ e^(−s²/2)/(s² + t²) ds over all s. The midpoint rule with the step
    2π/9 is exact to e^(−9²/2) once the pole at s = it is added, e^(t²/2)·σ(−9t), and that only
    while t < 9 (after Chiarella and Reichel 1968). Every term is positive: nothing cancels.
    """
    total = sum(math.exp(-(s**2) / 2) / (s**2 + t**2) for s in NODES)
    near = np.minimum(t, 9)
    return 2 / 9 * t * total + np.where(t < 9, np.exp(near**2 / 2) * sigmoid(-9 * near), 0)


def _fitted(m, degree):
    """The coefficients, highest first, of a polynomial in u = (t − m)/(t + m) for (t + m)·_tail(t).

    It takes t from 0 to ∞ to u from −1 to 1, where the function is smooth: degree 20 around m = 5
    is off by 4e-15 of it, degree 8 around 3.5 by 2e-7 as far as single precision goes, at a tenth
    of the time that the twelve divisions take.
    """
    scaled = chebyshev.chebinterpolate(
        lambda u: 2 * m / (1 - u) * _tail(m * (1 + u) / (1 - u)), degree
    )
    return chebyshev.cheb2poly(scaled)[::-1].tolist()


SINGLE, DOUBLE = (3.5, _fitted(3.5, 8)), (5, _fitted(5, 20))


def _normal(X):
    """(Φ(x), e^(−x²/2)): left of 0 Φ(−t) = e^(−t²/2)·_tail(t), right of 0 Φ(t) = 1 − Φ(−t).

    The complex step asks for the derivative, which the polynomial has with fewer digits.
    """
    t = np.maximum(X, -X)
    bell = np.exp(-t * t / 2)
    tail = bell * _tail(t)
    return np.where(X > 0, 1 - tail, tail), bell


def _gelu(X):
    """(x·Φ(x), Φ(x) + x·φ(x)): both need the same exponential, which is most of the work."""
    if np.iscomplexobj(X):
        Phi, bell = _normal(X)
        return X * Phi, Phi + X * bell / SQRT_2PI
    flat = X.ravel()
    value, slope = np.empty_like(flat), np.empty_like(flat)
    spare = np.empty((4, BLOCK), flat.dtype)
    for i in range(0, flat.size, BLOCK):
        x = flat[i : i + BLOCK]
        _gelu_block(x, value[i : i + BLOCK], slope[i : i + BLOCK], *spare[:, : x.size])
    return value.reshape(X.shape), slope.reshape(X.shape)


def _gelu_block(x, value, slope, t, bell, tail, spare):
    """Fill `value` and `slope`, all in place: with t = |x| and tail = Φ(−t),

    x·Φ(x) = max(x, 0) − t·tail, and its derivative is tail − t·φ(t) left of 0, 1 minus that right
    of it. Where the result is small, nothing has been subtracted from 1.
    """
    np.abs(x, out=t)
    np.multiply(t, t, out=bell)
    bell *= -0.5
    np.exp(bell, out=bell)
    _fast_tail(t, tail, spare, slope)
    tail *= bell
    np.multiply(t, tail, out=spare)
    np.maximum(x, 0, out=value)
    value -= spare
    t *= 1 / SQRT_2PI
    t *= bell
    tail -= t
    np.greater(x, 0, out=spare)
    np.multiply(spare, -2, out=slope)
    slope += 1
    slope *= tail
    slope += spare


def _fast_tail(t, total, w, u):
    """Fill `total` with e^(t²/2)·Φ(−t), t ≥ 0, by the polynomial; Horner's rule, in place."""
    m, (first, second, *rest) = SINGLE if t.dtype == np.float32 else DOUBLE
    np.add(t, m, out=w)
    np.divide(1, w, out=w)
    np.multiply(w, -2 * m, out=u)
    u += 1
    np.multiply(u, first, out=total)
    total += second
    for coefficient in rest:
        total *= u
        total += coefficient
    total *= w


class Activation(Layer):
    """Y = h(X), dX = dY ⊙ h'(X), all (S, M), sequences (S, T, M) or images (S, C, H, W).

    A subclass names h, h' and the kinks of h.
    """

    @expects(X="S M ...")
    def forward(self, X):
        """X (S, M) → Y (S, M)."""
        self._remember(X)
        return self.h(X)

    def backward(self, dY):
        """dY (S, M) → dX (S, M)."""
        return self._chain(dY, *self._recall())

    @expects(X="S M ...", dY="S M ...")
    def _chain(self, dY, X):
        return dY * self.derivative(X)


class ReLU(Activation):
    """max(x, 0); derivative 0 at the kink x = 0."""

    kinks = (0.0,)
    h, derivative = staticmethod(relu), staticmethod(relu_derivative)


class LeakyReLU(Activation):
    """x where x > 0, else slope·x; derivative `slope` at the kink x = 0."""

    kinks = (0.0,)

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = expect_number(slope, "slope", "LeakyReLU")

    def h(self, X):
        return leaky_relu(X, self.slope)

    def derivative(self, X):
        return leaky_relu_derivative(X, self.slope)


class ELU(Activation):
    """x where x > 0, else alpha·(eˣ − 1) (Clevert et al. 2016).

    The derivative at x = 0 is alpha; that is a kink unless alpha = 1.
    """

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = expect_number(alpha, "alpha", "ELU")
        self.kinks = () if self.alpha == 1 else (0.0,)

    def h(self, X):
        return elu(X, self.alpha)

    def derivative(self, X):
        return elu_derivative(X, self.alpha)


class Sigmoid(Activation):
    """1/(1 + e⁻ˣ)."""

    h, derivative = staticmethod(sigmoid), staticmethod(sigmoid_derivative)


class Tanh(Activation):
    """The hyperbolic tangent."""

    h, derivative = staticmethod(tanh), staticmethod(tanh_derivative)


class Softplus(Activation):
    """log(1 + eˣ), a smooth ReLU."""

    h, derivative = staticmethod(softplus), staticmethod(softplus_derivative)


class GELU(Activation):
    """x·Φ(x) (Hendrycks and Gimpel 2016), the exact form.

    `forward` caches the derivative: it has computed the exponential for it.
    """

    h, derivative = staticmethod(gelu), staticmethod(gelu_derivative)

    @expects(X="S M ...")
    def forward(self, X):
        """X (S, M) → Y (S, M)."""
        Y, slope = _gelu(X)
        self._remember(X, slope)
        return Y

    @expects(slope="S M ...", dY="S M ...")
    def _chain(self, dY, X, slope):
        return dY * slope


class SiLU(Activation):
    """x·σ(x)."""

    h, derivative = staticmethod(silu), staticmethod(silu_derivative)


class Mish(Activation):
    """x·tanh(softplus(x))."""

    h, derivative = staticmethod(mish), staticmethod(mish_derivative)
