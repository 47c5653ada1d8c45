"""Sorting, order statistics, distinct values and search."""

import itertools

import torch
from reference import Family, numbers

family = Family("sorting")
add = family.add
nan, inf = float("nan"), float("inf")


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


x = numbers(3, 4, 2)
matrix = numbers(3, 5)
scalar = torch.tensor(1.5, dtype=torch.float64)
ties = doubles([[2, 1, 2, 1, 3], [0, -0.0, 0, 5, -1], [7, 7, 7, 7, 7]])
special = doubles([[nan, 1, inf, -inf, nan, 0], [3, nan, -1, 2, inf, -2]])
# PyTorch 1.13 sorts NaN anywhere in mode and unique, and counts it in histc.
infinite = special.nan_to_num(7, inf, -inf)
long = torch.tensor([[5, -3, 5, 0], [9, 9, -9, 2]])
byte = torch.tensor([[5, 200, 5, 0], [9, 9, 255, 2]], dtype=torch.uint8)
flags = torch.tensor([[True, False, True, False]])

# Equal elements keep their order in xgrad, so positions are compared with those of a stable sort.
for dim, descending in itertools.product((-1, 0, 1), (False, True)):
    add(f"sort {dim} {descending:d}", lambda x: x.sort(dim=dim, descending=descending, stable=True), x)
for name, values in (("ties", ties), ("special", special), ("long", long), ("byte", byte), ("flags", flags)):
    for descending in (False, True):
        add(f"sort {name} {descending:d}", lambda x: x.sort(dim=-1, descending=descending, stable=True), values)
    add(f"argsort {name}", lambda x: x.argsort(dim=-1, stable=True), values)
add("sort scalar", lambda x: x.sort(), scalar)
add("sort empty", lambda x: x.sort(0), torch.zeros(0, 2, dtype=torch.float64))
add("msort", torch.msort, x)

for dim, largest in itertools.product((-1, 0, 1), (False, True)):
    add(f"topk {dim} {largest:d}", lambda x: x.topk(2, dim, largest), x)
add("topk all", lambda x: x.topk(5), matrix)
add("topk none", lambda x: x.topk(0), matrix)
add("topk scalar", lambda x: x.topk(1), scalar)
add("topk special", lambda x: x.topk(3, -1)[0], special, gradients=False)
add("topk ties", lambda x: x.detach().topk(3, -1)[0], ties)
add("topk long", lambda x: x.topk(2, 0, False)[0], long)

for dim, keepdim in itertools.product((-1, 0, 1), (False, True)):
    add(f"kthvalue {dim} {keepdim:d}", lambda x: x.kthvalue(2, dim, keepdim), x)
    add(f"median {dim} {keepdim:d}", lambda x: x.median(dim, keepdim), x)
    add(f"nanmedian {dim} {keepdim:d}", lambda x: x.nanmedian(dim, keepdim), x)
    add(f"mode {dim} {keepdim:d}", lambda x: x.mode(dim, keepdim), x)
add("kthvalue special", lambda x: x.kthvalue(5)[0], special, gradients=False)
add("median special", lambda x: x.median(1), special)
add("nanmedian special", lambda x: x.nanmedian(1), special)
add("nanmedian of nan", lambda x: x.nanmedian(0)[0], doubles([[nan, 1], [nan, nan]]))
add("mode ties", lambda x: x.mode(1), ties)
add("mode special", lambda x: x.mode(1), infinite)
add("median long", lambda x: x.median(1)[0], long)
add("mode flags", lambda x: x.mode(1), flags)
for name, values in (("numbers", matrix), ("even", x), ("ties", ties), ("special", special), ("scalar", scalar)):
    add(f"median of all {name}", lambda x: x.median(), values)
    add(f"nanmedian of all {name}", lambda x: x.nanmedian(), values)
add("median of nothing", lambda x: x.median(), doubles([]))

q = doubles([0, 0.1, 0.5, 0.77, 1])
for interpolation in ("linear", "lower", "higher", "midpoint", "nearest"):
    for function in ("quantile", "nanquantile"):
        f = getattr(torch, function)
        add(f"{function} {interpolation}", lambda x, q: f(x, q, interpolation=interpolation), matrix, q)
        add(f"{function} {interpolation} dim", lambda x, q: f(x, q, 1, interpolation=interpolation), x, q)
        add(f"{function} {interpolation} keepdim", lambda x: f(x, 0.3, -1, True, interpolation=interpolation), x)
        holes = doubles([[nan, 1, 5, 2], [3, nan, -1, nan], [4, 6, 7, 9], [nan, nan, nan, nan]])
        add(f"{function} {interpolation} nan", lambda x, q: f(x, q, 1, True, interpolation=interpolation), holes, q)
add("quantile scalar q", lambda x, q: x.quantile(q), matrix, doubles(0.4))
add("quantile scalar", lambda x: x.quantile(0.4, 0, True), scalar)
add("quantile all keepdim", lambda x, q: x.quantile(q, None, True), matrix, q)
# float32 ranks are rounded as PyTorch's are.
add("quantile float", lambda x: x.quantile(0.3, 1), numbers(2, 7).float(), gradients=False)

lists = {
    "numbers": ties,
    "special": infinite,
    "long": long,
    "byte": byte,
    "flags": flags,
    "scalar": scalar,
    "empty": doubles([]),
}
for name, values in lists.items():
    add(f"unique {name}", lambda x: torch._unique2(x, True, True, True), values, gradients=False)
    add(f"consecutive {name}", lambda x: torch.unique_consecutive(x, True, True), values, gradients=False)
rows = torch.tensor([[1, 0], [3, 2], [1, 0], [1, -1], [3, 2]])
for name, values in (("long", rows), ("double", rows.double()), ("byte", rows.abs().byte())):
    for dim in (0, 1, -1):
        add(
            f"unique {name} dim {dim}",
            lambda x: torch._VF.unique_dim(x, dim, True, True, True),
            values,
            gradients=False,
        )
        add(
            f"consecutive {name} dim {dim}",
            lambda x: torch.unique_consecutive(x, True, True, dim),
            values.sort(0)[0],
            gradients=False,
        )
add(
    "unique none",
    lambda x: torch._VF.unique_dim(x, 0, True, True, True),
    torch.zeros(0, 3, dtype=torch.int64),
    gradients=False,
)
for invert in (False, True):
    add(
        f"isin {invert:d}",
        lambda x, y: torch.isin(x, y, invert=invert),
        special,
        doubles([1, -2, nan]),
        gradients=False,
    )
add("isin mixed", torch.isin, long, doubles([0, 5.5, 9]), gradients=False)
add("isin none", torch.isin, long, doubles([]), gradients=False)
add("isin number", lambda x: torch.isin(x, 5), long)

line = doubles([-1, 0, 0, 2, 5])
lines = doubles([[-1, 0, 0, 2], [1, 2, 3, 4], [0, 0, 0, 0]])
values = doubles([[0, -7, 2.5], [2, nan, 4.5], [0, -1, inf]])
for right in (False, True):
    add(f"searchsorted {right:d}", lambda s, v: torch.searchsorted(s, v, right=right), line, values, gradients=False)
    add(
        f"searchsorted lines {right:d}",
        lambda s, v: torch.searchsorted(s, v, right=right),
        lines,
        values,
        gradients=False,
    )
    add(
        f"bucketize {right:d}",
        lambda v, s: torch.bucketize(v, s, out_int32=True, right=right),
        values,
        line,
        gradients=False,
    )
add("searchsorted number", lambda s: torch.searchsorted(s, 2.0, side="right"), line, gradients=False)
add("searchsorted long", lambda s, v: torch.searchsorted(s, v), torch.tensor([1, 4, 9]), torch.tensor([[4, 10]]))
add(
    "searchsorted sorter",
    lambda s, v: torch.searchsorted(s, v, sorter=s.argsort()),
    doubles([3, 1, 2]),
    values,
    gradients=False,
)
add("bucketize number", lambda s: torch.bucketize(0, s), line, gradients=False)

counts = torch.tensor([3, 1, 1, 0, 5, 1])
add("bincount", lambda x: x.bincount(), counts)
add("bincount minlength", lambda x: x.bincount(minlength=9), counts.byte())
add("bincount double", lambda x, w: x.bincount(w), counts, numbers(6), gradients=False)
add("bincount float", lambda x, w: x.bincount(w, 8), counts.int(), numbers(6).float(), gradients=False)
add("bincount long", lambda x, w: x.bincount(w), counts, counts)
add("bincount empty", lambda x: x.bincount(minlength=2), counts[:0])
add("histc", lambda x: x.histc(4, -1, 1), numbers(40), gradients=False)
add("histc range", lambda x: x.histc(3), doubles([1, 2, 2, 3, 4]), gradients=False)
add("histc edges", lambda x: x.histc(4, 0, 4), doubles([0, 1, 2, 3, 4, -0.5, 4.5]), gradients=False)
add("histc constant", lambda x: x.histc(3), doubles([[2, 2], [2, 2]]), gradients=False)
add("histc empty", lambda x: x.histc(3), doubles([]), gradients=False)
add("histc float", lambda x: x.histc(7, -2, 2), numbers(50).float(), gradients=False)
family.write()
