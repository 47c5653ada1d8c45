"""Reductions and scans."""

import itertools

import torch
from reference import Family, numbers

INF, NAN = float("inf"), float("nan")
family = Family("reduction")
x = numbers(2, 3, 2)
small = numbers(2, 3)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


# A mixture of what is special: kept short, since every case stores it.
ties = double([[1.0, 3.0, 3.0], [-2.0, -2.0, 0.5]])
special = double([[1.0, NAN, -2.0], [INF, 0.5, 2.0], [0.0, -INF, 3.0]])
zeros = double([[2.0, 0.0, 3.0, -1.5], [0.0, 0.5, 0.0, 4.0], [1.5, 2.0, -3.0, 0.5]])

SETS = {"all": None, "dim 0": (0,), "dim -1": (-1,), "dims 0 and 2": (0, 2), "dims -2 and 0": (-2, 0)}


def over(name, call, sets=tuple(SETS)):
    """`call(x, dim, keepdim)` over sets of dimensions."""
    for which, keepdim in itertools.product(sets, (False, True)):
        dim = SETS[which]
        if dim is None and keepdim:
            continue
        dims = (0, 1, 2) if dim is None else dim
        family.add(f"{name} {which}" + (" kept" if keepdim else ""), lambda x: call(x, dims, keepdim), x)


over("sum", lambda x, dim, keepdim: x.sum(dim, keepdim))
over("mean", lambda x, dim, keepdim: x.mean(dim, keepdim))
over("nansum", lambda x, dim, keepdim: x.nansum(dim, keepdim))
over("nanmean", lambda x, dim, keepdim: x.nanmean(dim, keepdim))
over("amax", lambda x, dim, keepdim: x.amax(dim, keepdim))
over("amin", lambda x, dim, keepdim: x.amin(dim, keepdim))
over("logsumexp", lambda x, dim, keepdim: x.logsumexp(dim, keepdim))
over("var", lambda x, dim, keepdim: x.var(dim, True, keepdim))
over("std biased", lambda x, dim, keepdim: x.std(dim, False, keepdim))
over("var_mean", lambda x, dim, keepdim: torch.var_mean(x, dim, True, keepdim))
over("std_mean biased", lambda x, dim, keepdim: torch.std_mean(x, dim, False, keepdim))
for p in (0, 0.5, 1, 1.5, 2, 3, -1, INF, -INF):
    over(f"norm {p}", lambda x, dim, keepdim: x.norm(p, dim, keepdim), ("all", "dims 0 and 2"))
over("norm fro", lambda x, dim, keepdim: x.norm("fro", dim, keepdim), ("dim -1", "dims 0 and 2"))

for correction in (0, 1, 2, 3):
    family.add(f"var correction {correction}", lambda x: x.var(1, correction=correction), small)
    family.add(f"std_mean correction {correction}", lambda x: torch.std_mean(x, 0, correction=correction), small)
family.add("var whole", lambda x: (x.var(), x.var(False), x.std(), x.std(False)), small)
family.add("var of one", lambda x: x.var(0), double([2.0]))
family.add("std of one", lambda x: x.std(0), double([2.0]))
family.add("var of one biased", lambda x: x.var(0, False), double([2.0]))
family.add("var of a number", lambda x: (x.var(), x.std(False)), torch.tensor(2.0).double(), gradients=False)
family.add("std of equals", lambda x: x.std(1), double([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]]))
family.add("var far from zero", lambda x: x.var(0, False) * 1e3, numbers(40) * 1e-3 + 1e6, gradients=False)
family.add("var special", lambda x: x.var(1), special)
family.add("var empty", lambda x: (x.var(1), x.std(1)), torch.zeros(2, 0).double())

for name in ("amax", "amin"):
    family.add(f"{name} ties", lambda x: getattr(x, name)(1), ties)
    family.add(f"{name} special", lambda x: getattr(x, name)(1), special)
for name in ("max", "min"):
    family.add(f"{name} whole ties", lambda x: getattr(x, name)(), ties)
    family.add(f"{name} whole NaN", lambda x: getattr(x, name)(), double([1.0, NAN, 3.0, NAN]))
    family.add(f"{name} ties", lambda x: getattr(x, name)(1), ties)
    family.add(f"{name} kept", lambda x: getattr(x, name)(-2, True), x)
    family.add(f"{name} special", lambda x: getattr(x, name)(1), special)
    # The gradient, which 1.13 lacks, is that of amin and amax.
family.add("aminmax whole", lambda x: (x.amin(), x.amax()), ties)
family.add("aminmax dim 0 kept", lambda x: (x.amin(0, True), x.amax(0, True)), ties)

family.add("prod", lambda x: x.prod(), small)
family.add("prod dim 0", lambda x: x.prod(0), x)
family.add("prod dim -1 kept", lambda x: x.prod(-1, True), x)
family.add("prod one zero", lambda x: x.prod(), double([2.0, 0.0, 3.0]))
family.add("prod two zeros", lambda x: x.prod(), double([[2.0, 0.0], [3.0, 0.0]]))
family.add("prod zeros by row", lambda x: x.prod(1), zeros)
family.add("prod zeros by column", lambda x: x.prod(0, True), zeros)
family.add("prod of a number", lambda x: x.prod(), torch.tensor(3.0).double())
family.add("prod NaN", lambda x: x.prod(1), special, gradients=False)
family.add("prod empty", lambda x: (x.prod(1), x.prod()), torch.zeros(2, 0).double())
family.add("prod integers", lambda x: (x.prod(), x.prod(0), x.prod(dtype=torch.float64), x.prod(1, dtype=torch.int32)),
           torch.tensor([[1, -2, 3], [4, 5, 6]], dtype=torch.int32))
family.add("prod bools", lambda x: (x.prod(), x.prod(0)), torch.tensor([[True, False], [True, True]]))

for name, dtype in itertools.product(("any", "all"), (torch.float64, torch.bool, torch.int64, torch.uint8)):
    values = double([[0, 2, 0], [0, 0, 0], [1, 3, 1]]).to(dtype)
    family.add(f"{name} {dtype}".replace("torch.", ""),
               lambda x: (getattr(x, name)(), getattr(x, name)(0), getattr(x, name)(-1, True)), values, gradients=False)
family.add("any NaN", lambda x: (x.any(1), x.all(1)), special, gradients=False)
family.add("any empty", lambda x: (x.any(1), x.all(1), x.any(0, True), x.all(0)), torch.zeros(2, 0).double(),
           gradients=False)
# PyTorch 2 has any over several dimensions: one after the other.
family.add("any several", lambda x: (x.any(2).any(0), x.all(2, True).all(0, True)),
           (numbers(2, 3, 2) > 0.8).logical_or(numbers(2, 3, 2) < -1.2), gradients=False)
family.add("count_nonzero", lambda x: (x.count_nonzero(), x.count_nonzero(0), x.count_nonzero((0, -1))), zeros,
           gradients=False)
family.add("count_nonzero NaN", lambda x: x.count_nonzero(1), special, gradients=False)

for p in (0, 0.5, 1, 2, 3, -1, INF, -INF):
    family.add(f"norm {p} zeros", lambda x: x.norm(p, 1), double([[0.0, 0.0], [3.0, 0.0], [-4.0, 3.0]]))
    family.add(f"norm {p} special", lambda x: x.norm(p, 1), special, gradients=False)
family.add("norm inf ties", lambda x: x.norm(INF, 1), double([[2.0, -2.0, 1.0], [1.0, 1.0, -1.0]]))
family.add("norm -inf ties", lambda x: x.norm(-INF, 1), double([[2.0, -2.0, 3.0], [1.0, 1.0, -1.0]]))
family.add("norm inf NaN", lambda x: x.norm(INF), double([1.0, NAN, 3.0]))
family.add("norm dtype", lambda x: (x.norm(3, dtype=torch.float64), x.norm(2, 1, True, dtype=torch.float64)),
           torch.tensor([[1, -2, 3], [4, 5, 6]], dtype=torch.int32))
family.add("norm empty", lambda x: (x.norm(), x.norm(1, 1), x.norm(3, 1)), torch.zeros(2, 0).double())

family.add("nansum special", lambda x: (x.nansum(), x.nansum(1)), special)
family.add("nansum integers", lambda x: x.nansum(0), torch.tensor([[1, 2], [3, 4]]))
family.add("nanmean special", lambda x: x.nanmean(1), special)
family.add("nanmean nothing", lambda x: x.nanmean(1), double([[NAN, NAN], [1.0, NAN]]), gradients=False)
family.add("sum empty", lambda x: (x.sum(), x.sum(1), x.mean(1), x.nansum(1)), torch.zeros(2, 0).double())
family.add("sum dtypes", lambda x: (x.sum(), x.sum(0, dtype=torch.float64), x.mean(dtype=torch.float64), x.nansum(1)),
           torch.tensor([[1, -2, 3], [4, 5, 6]], dtype=torch.int32))
family.add("logsumexp special", lambda x: x.logsumexp(1), double([[-INF, 0.5, 1.0], [INF, 0.5, 1.0], [1e3, 1e3, -1e3]]),
           gradients=False)
family.add("logsumexp large", lambda x: x.logsumexp(1), double([[-INF, 0.5, 1.0], [1e3, 1e3, -1e3]]))
family.add("logsumexp empty", lambda x: x.logsumexp(1), torch.zeros(2, 0).double())
family.add("logsumexp of a number", lambda x: x.logsumexp(0), torch.tensor(3.0).double())

for dim in (0, 1, -1):
    family.add(f"cumsum dim {dim}", lambda x: x.cumsum(dim), x)
    family.add(f"cumprod dim {dim}", lambda x: x.cumprod(dim), x)
    family.add(f"cummax dim {dim}", lambda x: x.cummax(dim), x)
    family.add(f"cummin dim {dim}", lambda x: x.cummin(dim), x)
    family.add(f"logcumsumexp dim {dim}", lambda x: x.logcumsumexp(dim), x)
for dim in (0, 1):
    family.add(f"cumprod zeros dim {dim}", lambda x: x.cumprod(dim), zeros)
for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"):
    one = torch.tensor(3.0).double()
    # 1.13 has no gradient of logcumsumexp of a number; it is one.
    if name == "logcumsumexp":
        family.add("logcumsumexp of a number", lambda x: x + 0, one)
    else:
        family.add(f"{name} of a number", lambda x: getattr(x, name)(0), one)
    family.add(f"{name} empty", lambda x: getattr(x, name)(1), torch.zeros(2, 0).double(), gradients=False)
    family.add(f"{name} special", lambda x: getattr(x, name)(1), special, gradients=False)
for name in ("cumsum", "cumprod"):
    integers = torch.tensor([[1, -2, 3], [4, 5, 6]], dtype=torch.int32)
    family.add(f"{name} dtypes", lambda x: (getattr(x, name)(0), getattr(x, name)(1, dtype=torch.float64)), integers)
    family.add(f"{name} in place", lambda x: getattr(x * 1, f"{name}_")(1), zeros)
family.add("cummax ties", lambda x: (*x.cummax(1), *x.cummin(1)), double([[1.0, 3.0, 3.0, 2.0], [-2.0, -2.0, 0.5, -2.0]]))
family.add("cummax integers", lambda x: (*x.cummax(1), *x.cummin(0)), torch.tensor([[1, -2, 3], [4, 5, 6]], dtype=torch.int32))
family.add("logcumsumexp large", lambda x: x.logcumsumexp(1), double([[1e3, 1e3, -1e3, 0.0], [-1e3, 2.0, 800.0, 1.0]]))
family.write()
