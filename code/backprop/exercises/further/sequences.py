"""Recurrent layers and their gradients through time: right, or with one mistake.

The gates are in the columns i, f, o, g of the LSTM's weights; the GRU is PyTorch's. Source of the
backward pass: Werbos 1990 (through time), Hochreiter and Schmidhuber 1997, Cho et al. 2014.
"""

import numpy as np


def sigmoid(z):
    """1/(1 + e⁻ᶻ), which does not overflow."""
    return (1 + np.tanh(z / 2)) / 2


def _tanh_prime(H, activated=False):
    """tanh′ from H = tanh(A); `activated` takes tanh′ of H itself."""
    return 1 - (np.tanh(H) if activated else H) ** 2


def _sigmoid_prime(G, activated=False):
    G = sigmoid(G) if activated else G
    return G * (1 - G)


def rnn(
    X, H0, Wx, Wh, b, dH, carry=True, start=True, local="", activated=False, only=None, biased=True
):
    """H_t = tanh(X_t Wx + H_t−1 Wh + b) for X (S, T, D), and all gradients.

    `carry` passes the gradient of a step on to the one before, `start` begins with H0 (or has it
    in forward only and comes "later" in backward), `local`
    names the gradient that lacks tanh′, `only` the steps whose weight gradients are kept.
    """
    S, T, _ = X.shape
    H = [H0 if start else np.zeros_like(H0)]
    for t in range(T):
        H.append(np.tanh(X[:, t] @ Wx + H[t] @ Wh + biased * b))
    dX, dWx, dWh, db = (np.zeros(array.shape) for array in (X, Wx, Wh, b))
    dnext = np.zeros_like(H0)
    for t in reversed(range(T)):
        dh = dH[:, t] + dnext * carry
        dA = dh * _tanh_prime(H[t + 1], activated)
        dnext = (dh if local in ("carry", "dX") else dA) @ Wh.T
        dX[:, t] = {"all": dh, "dX": dnext, "before": dnext}.get(local, dA) @ Wx.T
        if only is None or t % T == only % T:
            dWx += X[:, t].T @ (dh if local == "all" else dA)
            before = H[t] * (t > 0 or start != "later")
            dWh += before.T @ (dh if local == "all" else dA)
            db += {"all": dh, "db": dh, "upstream": dH[:, t]}.get(local, dA).sum(axis=0)
    forward = np.stack(H[1:], axis=1)
    return {"forward": forward, "dX": dX, "dH0": dnext, "dWx": dWx, "dWh": dWh, "db": db}


def lstm(
    X, H0, Wx, Wh, b, dH, C0=None, dC=None, carry="HC", activated="", local="", only=None,
    without="", start=True, wrong="",
):  # fmt: skip
    """C_t = f ⊙ C_t−1 + i ⊙ g, H_t = o ⊙ tanh(C_t), and all gradients.

    `carry` says whose gradient goes to the step before. Of gates "s", "g" or "C", `activated` takes
    the derivative at the activated value, and `local` leaves it out.
    """

    def prime(values, name, σ=False):
        if name in local:
            return np.ones_like(values)
        return (_sigmoid_prime if σ else _tanh_prime)(values, name in activated)

    T = X.shape[1]
    H, C, gates = [H0 if start else 0 * H0], [0 * H0 if C0 is None else C0], []
    for t in range(T):
        A = np.split(X[:, t] @ Wx + H[t] @ Wh + b * ("b" not in without), 4, axis=1)
        i, f, o, g = *map(sigmoid, A[:3]), np.tanh(A[3])
        gates.append((i, f, o, g))
        C.append(f * C[t] + i * g)
        H.append(o * (C[t + 1] if wrong == "bare C" else np.tanh(C[t + 1])))
    dX, dWx, dWh, db = (np.zeros(array.shape) for array in (X, Wx, Wh, b))
    dh, dc = 0 * H0, 0 * H0 if dC is None else dC
    for t in reversed(range(T)):
        (i, f, o, g), dh, squashed = gates[t], dH[:, t] + dh, np.tanh(C[t + 1])
        out = C[t + 1] if wrong in ("bare C", "C for o") else squashed
        through = 1 if wrong == "bare C" else prime(squashed, "C")
        dc = dc + dh * o * through * ("HC" not in without)
        di, df, do, dg = dc * g, dc * C[t], dh * out, dc * i
        dA = [d * prime(gate, "s", True) for d, gate in zip((di, df, do), (i, f, o), strict=True)]
        dA = np.hstack([*dA, dg * prime(g, "g")])
        dX[:, t] = dA @ Wx.T
        if only is None or t % T == only % T:
            before = H[t] * (t > 0 or start != "later")
            dWx, dWh, db = dWx + X[:, t].T @ dA, dWh + before.T @ dA, db + dA.sum(axis=0)
        dH0, dC0 = dA @ Wh.T, dc * f
        dh, dc = dH0 * ("H" in carry), dC0 * ("C" in carry)
    found = {"forward": np.stack(H[1:], axis=1), "forwardC": C[-1], "dX": dX}
    return found | {"dH0": dH0, "dC0": dC0, "dWx": dWx, "dWh": dWh, "db": db}


def rnn_step(X, H0, Wx, Wh, b, dH, **wrong):
    """One step of `rnn`: X (S, D)."""
    found = rnn(X[:, None], H0, Wx, Wh, b, dH[:, None], **wrong)
    return found | {"forward": found["forward"][:, 0], "dX": found["dX"][:, 0]}


def lstm_step(X, H0, Wx, Wh, b, dH, C0, dC, **wrong):
    """One step of `lstm`: X (S, D), with the state C0 and its upstream gradient dC."""
    found = lstm(X[:, None], H0, Wx, Wh, b, dH[:, None], C0, dC, **wrong)
    return found | {"forward": found["forward"][:, 0], "dX": found["dX"][:, 0]}


def gru_cell(
    x, h, Wr, Wz, Wn, Ur, Uz, Un, brx, bzx, bnx, brh, bzh, bnh, dh, wrong="", without=""
):  # fmt: skip
    """H = (1 − z) ⊙ n + z ⊙ h with n = tanh(x Wnᵀ + b + r ⊙ (h Unᵀ + b′)), and all gradients.

    `without` names terms, paths or derivatives that are left out, `wrong` what is another one.
    """

    def prime(values, name, σ=True):
        if "derivatives" in without.split() and (
            without == "derivatives" or name in without.split()
        ):
            return np.ones_like(values)
        return (_sigmoid_prime if σ else _tanh_prime)(values, wrong == "activated")

    r, z = sigmoid(x @ Wr.T + brx + h @ Ur.T + brh), sigmoid(x @ Wz.T + bzx + h @ Uz.T + bzh)
    early = wrong == "reset"  # r ⊙ h, then Un
    m = (r * h) @ Un.T + bnh if early else h @ Un.T + bnh
    n = np.tanh(x @ Wn.T + bnx + (m if early else r * m))
    keep = 1 - z if wrong == "z" else z
    own, new = (0 if without == "h in z" else h), (0 if without == "n in z" else n)
    dz = dh * (own - new) * prime(z, "z") * (-1 if wrong == "z" else 1)
    dn = dh * (1 - keep) * prime(n, "n", σ=False)
    dm = dn if early or without == "r" else dn * r
    dr = (dn @ Un * h if early else dn * m) * prime(r, "r")
    from_n = dm @ Un * (r if early else 1)
    to_h = {"direct": dh * keep, "z": dz @ Uz, "r": dr @ Ur, "n": from_n}
    to_x = {"z": dz @ Wz, "r": dr @ Wr, "n": dn @ Wn}
    found = {"forward": (1 - keep) * n + keep * h, "dX": 0 * x, "dH0": 0 * h}
    for name, paths in (("dX", to_x), ("dH0", to_h)):
        for path, gradient in paths.items():
            if f"path {path}" not in without:
                found[name] = found[name] + gradient
    gates = {"r": (dr, dr, h), "z": (dz, dz, h), "n": (dn, dm, r * h if early else h)}
    for gate, (dA, dB, state) in gates.items():
        found |= {f"dW{gate}": dA.T @ x, f"dU{gate}": dB.T @ state}
        found |= {f"db{gate}x": dA.sum(axis=0), f"db{gate}h": dB.sum(axis=0)}
    return found
