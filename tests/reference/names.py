"""Functions that are compositions of others, and other names of operations."""

import math

import torch

from reference import Family, numbers

family = Family("names")
add = family.add
x4, x5, x23, x45, x333 = numbers(4), numbers(5), numbers(2, 3), numbers(4, 5), numbers(3, 3, 3)
other = numbers(2, 3, shift=0.3).flip(0)
special = torch.tensor([0.0, -0.0, 1.5, -2.5, math.inf, -math.inf, math.nan], dtype=torch.float64)
whole = torch.tensor([[12, -18, 0], [7, 5, -4]])
truth = torch.tensor([True, False, False, True])


# Numbers.
add("deg2rad", lambda x: (torch.deg2rad(x), torch.rad2deg(x), x.mul(2).deg2rad_(), x.mul(2).rad2deg_()), x23)
add("deg2rad integers", lambda x: (torch.deg2rad(x), torch.rad2deg(x)), whole)
add("isposinf", lambda x: (torch.isposinf(x), torch.isneginf(x), torch.isreal(x), torch.signbit(x)), special,
    gradients=False)
add("isposinf integers", lambda x: (torch.isposinf(x), torch.isneginf(x), torch.isreal(x), torch.signbit(x)), whole)
# 1.13 has no derivative of heaviside; that to the values is that of where.
add("heaviside", lambda x, v: torch.where(x == 0, v, (x > 0).double()), special, torch.tensor(0.5).double())
add("heaviside integers", lambda x: torch.heaviside(x, torch.tensor(3)), whole)
add("ldexp", lambda x, n: torch.ldexp(x, n), x23, torch.tensor([3, -2, 0]))
add("ldexp of two", torch.ldexp, x23, other)
add("float_power", lambda x: (torch.float_power(x, 3), x.mul(2).float_power_(-2)), x23)
add("float_power tensor", lambda x, y: torch.float_power(x.abs(), y), x23, other)
add("float_power integers", lambda x: (torch.float_power(x, 2), torch.float_power(2, x), torch.float_power(x, x.abs())),
    whole)
add("logaddexp2", torch.logaddexp2, x23, other)
add("nextafter", lambda x, y: torch.nextafter(x, y), special, torch.tensor(2.0).double(), gradients=False)
add("gcd", lambda x, y: (torch.gcd(x, y), torch.lcm(x, y), x.clone().gcd_(y), x.clone().lcm_(y)), whole,
    torch.tensor([8, -12, 0]))
add("gcd dtypes", lambda x, y: (torch.gcd(x, y), torch.lcm(y, x)), whole.int(), torch.tensor([6, 9, 4]).byte())
add("other names", lambda x, y: (torch.multiply(x, y), torch.divide(x, 3), torch.true_divide(x, y), torch.subtract(x, y, alpha=2),
    torch.divide(x, y, rounding_mode="floor"), torch.clip(x, -1, 1), torch.clip(x, min=y)), x23, other)

# Special functions.
# PyTorch's derivative of digamma has errors of 1e-12.
for name in ("digamma", "erf", "erfc", "exp2", "expit", "expm1", "gammaln", "ndtr", "psi", "sinc"):
    add(f"special_{name}", lambda x: getattr(torch.special, name)(x), x23, gradients=name not in ("digamma", "psi"))
add("special_erfinv", lambda x: (torch.special.erfinv(x / 3), torch.special.log1p(x / 3)), x23)
add("special with arguments", lambda x: (torch.special.logit(x, 0.1), torch.special.logsumexp(x, 1), torch.special.polygamma(2, x.abs()),
    torch.special.round(x, decimals=1), torch.special.softmax(x, 0), torch.special.log_softmax(x, -1)), x23)
add("special_xlogy", lambda x, y: (torch.special.xlogy(x, y.abs()), torch.special.xlogy(2, y.abs()), torch.special.xlogy(x, 3)),
    x23, other)

# Norms.
add("dist", lambda x, y: (torch.dist(x, y), torch.dist(x, y, 1), torch.dist(x, y, math.inf)), x23, other)
add("dist broadcast", lambda x, y: torch.dist(x, y, 3), x23, numbers(3))
add("renorm", lambda x: (torch.renorm(x, 2, 0, 2.5), torch.renorm(x, 1, 1, 3)), x45)
add("renorm dims", lambda x: (torch.renorm(x, 3, -1, 2), torch.renorm(x, 2, 1, 100)), x333)
add("renorm in place", lambda x: x.mul(1).renorm_(2, 0, 1), torch.cat([x4, x4 * 0]).reshape(2, 4))

# Observations.
for n in range(4):
    add(f"diff {n}", lambda x: (torch.diff(x, n), torch.diff(x, n, 0)), x45)
add("diff joined", lambda x, a, b: (torch.diff(x, 1, 0, prepend=a), torch.diff(x, 2, 0, a, b), torch.diff(x, append=b.t())),
    numbers(3, 3), numbers(1, 3), numbers(2, 3)[:1] * 1)
add("diff bools", lambda x: (torch.diff(x), torch.diff(x, 2)), truth)
add("diff integers", lambda x: (torch.diff(x), torch.diff(x, dim=0), torch.diff(x, 7)), whole)
add("trapezoid", lambda y: (torch.trapezoid(y), torch.trapezoid(y, dx=0.5), torch.trapezoid(y, dim=0), torch.trapz(y, dx=2)), x45)
add("trapezoid points", lambda y, x: (torch.trapezoid(y, x), torch.trapz(y, x), torch.cumulative_trapezoid(y, x)), x45, x5)
add("trapezoid all points", lambda y, x: (torch.trapezoid(y, x, dim=0), torch.cumulative_trapezoid(y, x, dim=0)), x45,
    numbers(4, 5, shift=1.0).flip(1))
add("trapezoid short", lambda y: (torch.trapezoid(y), torch.cumulative_trapezoid(y), torch.trapezoid(y[:, :0])), numbers(3, 1))
add("trapezoid integers", lambda y: (torch.trapezoid(y), torch.cumulative_trapezoid(y, dx=3), torch.trapezoid(y, torch.tensor([0, 2, 3]))),
    whole)
add("cumulative_trapezoid", lambda y: (torch.cumulative_trapezoid(y), torch.cumulative_trapezoid(y, dx=0.5, dim=0)), x45)
add("cov", lambda x: (torch.cov(x), torch.cov(x, correction=0), torch.cov(x[0])), x45)
add("cov weights", lambda x, a: (torch.cov(x, fweights=torch.tensor([1, 2, 0, 3, 1])), torch.cov(x, aweights=a.abs()),
    torch.cov(x, correction=0, fweights=torch.tensor([1, 2, 0, 3, 1]), aweights=a.abs()),
    torch.cov(x, fweights=torch.tensor([1, 2, 0, 3, 1]), aweights=a.abs())), x45, x5)
add("cov integers", lambda x: torch.cov(x), whole)
add("cov of a number", lambda x: torch.cov(x, correction=0), torch.tensor(2.0).double())
add("corrcoef", lambda x: torch.corrcoef(x), x45)
add("corrcoef of a vector", lambda x: torch.corrcoef(x), x5)

# Parts.
def replaced(x, src, part):
    """What 1.13, whose gradients of slice_scatter are wrong, computes otherwise."""
    y = x.clone()
    part(y).copy_(src)
    return y


add("select_scatter", lambda x, s: (replaced(x, s, lambda y: y[1]), replaced(x, s * 2, lambda y: y[-1])), x23,
    numbers(3, shift=0.1))
add("slice_scatter", lambda x, s: (replaced(x, s, lambda y: y[:, 1:5:2]), replaced(x, s, lambda y: y[:, 3:]),
    replaced(x, s, lambda y: y[:, :-3])), x45, numbers(4, 2, shift=0.1))
add("diagonal_scatter", lambda x, s: replaced(x, s, lambda y: y.diagonal()), x23, numbers(2, shift=0.1))
add("diagonal_scatter dims", lambda x, s: replaced(x, s, lambda y: y.diagonal(1, 2, 0)), x333, numbers(3, 2, shift=0.1))
add("scatter dtypes", lambda x: (x.select_scatter(torch.tensor([1.7, -2.2, 3.0]), 0, 0),
    x.diagonal_scatter(torch.tensor([5, 6]))), whole)
add("fill_diagonal_", lambda x: (x.mul(1).fill_diagonal_(3), x.mul(1).t().fill_diagonal_(-1)), x45)
add("fill_diagonal_ wrap", lambda x: (x.mul(1).fill_diagonal_(3, True), x.mul(1).fill_diagonal_(3, False)), numbers(9, 2))
add("fill_diagonal_ cube", lambda x: x.mul(1).fill_diagonal_(3), x333)
add("linalg_diagonal", lambda x: (torch.linalg.diagonal(x), torch.linalg.diagonal(x, offset=1, dim1=0)), x333)
add("linalg_matmul", torch.linalg.matmul, x23, numbers(3, 2, shift=0.2))
pad_sequence = torch.nn.utils.rnn.pad_sequence
add("pad_sequence", lambda a, b, c: (pad_sequence([a, b, c]), pad_sequence([b, c, a], True, -1.5)), x23, numbers(1, 3), numbers(4, 3))

# Windows and sequences.
for name in ("hann", "hamming", "blackman", "bartlett"):
    window = getattr(torch, f"{name}_window")
    add(f"{name}_window", lambda: [window(n, periodic, dtype=torch.float64) for n in (0, 1, 2, 7) for periodic in (True, False)])
add("hamming_window parameters", lambda: (torch.hamming_window(6, True, 0.6, dtype=torch.float64),
    torch.hamming_window(6, False, 0.6, 0.3, dtype=torch.float64)))
add("logspace", lambda: (torch.logspace(-1, 2, 7, dtype=torch.float64), torch.logspace(0, 3, 4, 2, dtype=torch.int64),
    torch.logspace(0, 1, 1, dtype=torch.float64), torch.logspace(3, -3, 5, 0.5, dtype=torch.float64)))
family.write()
