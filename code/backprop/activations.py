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

from .layer import Layer
from .validation import expect_number, expects

# Python's numbers: NumPy's float64 would turn float32 into float64.
SQRT_2PI = math.sqrt(2 * math.pi)
NODES = [(2 * n + 1) * math.pi / 9 for n in range(12)]


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
    return X * _normal_cdf(X)


@expects("gelu_derivative", X="...")
def gelu_derivative(X):
    """Φ(x) + x·φ(x), φ = Φ' the standard normal density."""
    return _normal_cdf(X) + X * np.exp(-(X**2) / 2) / SQRT_2PI


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


def _normal_cdf(X):
    # NumPy has no erf. Left of 0 (DLMF 7.7.1, with x = −t):
    #     Φ(−t) = t·e^(−t²/2)/2π · ∫ e^(−s²/2)/(s² + t²) ds,  over all s.
    # The midpoint rule with the step 2π/9 is exact to e^(−9²/2) once σ(−9t) is added, for the pole
    # at s = it, and that only while t < 9 (after Chiarella and Reichel 1968). Every term is
    # positive, so nothing cancels, however small Φ is. Right of 0, Φ(t) = 1 − Φ(−t).
    t = np.maximum(X, -X)
    total = sum(math.exp(-(s**2) / 2) / (s**2 + t**2) for s in NODES)
    tail = 2 / 9 * t * np.exp(-(t**2) / 2) * total + np.where(t.real < 9, sigmoid(-9 * t), 0)
    return np.where(X > 0, 1 - tail, tail)


class Activation(Layer):
    """Y = h(X), dX = dY ⊙ h'(X), all (S, M); a subclass names h, h' and the kinks of h."""

    @expects(X="S M")
    def forward(self, X):
        """X (S, M) → Y (S, M)."""
        self._remember(X)
        return self.h(X)

    def backward(self, dY):
        """dY (S, M) → dX (S, M)."""
        return self._chain(dY, *self._recall())

    @expects(X="S M", dY="S M")
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
    """x·Φ(x) (Hendrycks and Gimpel 2016), the exact form."""

    h, derivative = staticmethod(gelu), staticmethod(gelu_derivative)


class SiLU(Activation):
    """x·σ(x)."""

    h, derivative = staticmethod(silu), staticmethod(silu_derivative)


class Mish(Activation):
    """x·tanh(softplus(x))."""

    h, derivative = staticmethod(mish), staticmethod(mish_derivative)
