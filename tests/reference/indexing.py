"""Indexing: by lists of indices, gather and scatter, masks."""

import itertools
import warnings

import torch
from reference import Family, numbers

warnings.simplefilter("ignore")  # masks of uint8 are deprecated

family = Family("indexing")
add = family.add
nan, inf = float("nan"), float("inf")


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


x = numbers(2, 3, 4)
matrix = numbers(3, 4)
other = numbers(2, 4, scale=1.0, shift=0.1)
scalar = torch.tensor(1.5, dtype=torch.float64)
i = torch.tensor([1, 0, -1])
j = torch.tensor([[2], [0]])
m3 = torch.tensor([True, False, True])
m23 = torch.tensor([[True, False, True], [False, False, True]])
byte = m3.byte()

indices = {
    "integers": (1, -1),
    "slice": (slice(None), slice(None, None, 2), 0),
    "positions": (i,),
    "adjacent": (slice(None), i, j),
    "separated": (i, slice(None), j),
    "separated by none": (i, None, j),
    "integer between": (i, 1, j),
    "mask": (slice(None), m3),
    "mask of two": (m23,),
    "mask and positions": (m23, i),
    "byte mask": (slice(None), byte, 0),
    "ellipsis": (Ellipsis, i),
    "all kinds": (None, i, Ellipsis, slice(1, None)),
    "true": (True, 0),
    "false": (False, 0),
    "empty": (torch.zeros(0, dtype=torch.int64),),
}
for name, index in indices.items():
    add(f"index {name}", lambda x: x[index], x)
    value = numbers(*x[index].shape, scale=1.0, shift=0.05) if x[index].numel() else doubles([])

    def put(x, v):
        y = x * 2
        y[index] = v.reshape(x[index].shape)
        return y

    # Not where several values go to one place: which of them stays is not defined.
    if not any(part is i for part in index) or name == "mask and positions":
        add(f"put {name}", put, x, value)

v3 = numbers(3, 4, scale=1.0)
add("index_put accumulate", lambda x, v: x.index_put((i,), v.expand(3, 3, 4), True), x, v3)
add("index_put accumulate pairs", lambda x, v: x.index_put((i, j), v[0, 0], True), x, v3)
add("index_put distinct", lambda x, v: x.index_put((torch.tensor([1, 0]), torch.tensor([2, 0])), v[:2]), x, v3)
add("index_put duplicate gradient", lambda x, v: x.index_put((torch.tensor([1, 1]),), v.expand(2, 3, 4)), x, v3)
add("index_put long", lambda x, v: x.index_put((torch.tensor([1, 0]),), v), torch.zeros(3, dtype=torch.int64), torch.tensor(7))
add("take", lambda x: x.take(torch.tensor([[0, -1], [5, 5]])), x)
add("take scalar", lambda x: x.take(torch.tensor([0, -1])), scalar)
add("put", lambda x, v: x.put(torch.tensor([[0, -1], [5, 7]]), v[0]), x, v3)
add("put accumulate", lambda x, v: x.put(torch.tensor([[0, 5], [5, 7]]), v[0], True), x, v3)

rows = torch.tensor([2, 0])
twice = torch.tensor([2, 0, 2])
for dim in (0, -1):
    source = other if dim == 0 else numbers(3, 2, scale=1.0)
    add(f"index_select {dim}", lambda x: x.index_select(dim, twice), matrix)
    add(f"index_add {dim}", lambda x, s: x.index_add(dim, rows, s, alpha=2.5), matrix, source)
    add(f"index_copy {dim}", lambda x, s: x.index_copy(dim, rows, s), matrix, source)
    add(f"index_fill {dim}", lambda x: x.index_fill(dim, rows, -3), matrix)
    add(f"index_fill tensor {dim}", lambda x, v: x.index_fill(dim, torch.tensor([1]), v), matrix, scalar)
    for reduce, include_self in itertools.product(("prod", "mean", "amax", "amin"), (True, False)):
        same = torch.tensor([1, 1])
        add(
            f"index_reduce {dim} {reduce} {include_self:d}",
            lambda x, s: x.index_reduce(dim, same, s, reduce, include_self=include_self),
            matrix,
            source,
        )
add("index_add scalar", lambda x, s: x.index_add(0, torch.tensor([0]), s.reshape(1)), scalar, doubles(2))
add("index_add long", lambda x: x.index_add(0, twice, torch.tensor([1, 2, 3]), alpha=2), torch.zeros(3, dtype=torch.int64))
add("index_copy scalar", lambda x, s: x.index_copy(0, torch.tensor([0]), s.reshape(1)), scalar, doubles(2))

grid = torch.tensor([[0, 2, 1], [1, 1, 0]])
columns = torch.tensor([[3, 0], [1, 1], [2, 0]])
source = numbers(3, 4, scale=1.5, shift=0.2)
add("gather 0", lambda x: x.gather(0, grid), matrix)
add("gather 1", lambda x: x.gather(1, columns), matrix)
add("gather scalar", lambda x: x.gather(0, torch.tensor([0, 0])), scalar)
add("take_along_dim", lambda x: x.take_along_dim(torch.tensor([[0], [3], [1]]), 1), matrix)
add("take_along_dim wide", lambda x: x.take_along_dim(torch.tensor([[0, 1, 2, 0], [2, 1, 0, 1]]), 0), numbers(3, 1))
add("take_along_dim all", lambda x: x.take_along_dim(torch.tensor([[0, 11, 4]])), matrix)
distinct = torch.tensor([[3, 0], [1, 2], [2, 0]])
add("scatter", lambda x, s: x.scatter(1, distinct, s[:, :2]), matrix, source)
add("scatter 0", lambda x, s: x.scatter(0, torch.tensor([[0, 2, 1]]), s[:1, :3]), matrix, source)
add("scatter number", lambda x: x.scatter(1, columns, 7.5), matrix)
add("scatter scalar", lambda x, s: x.scatter(0, torch.tensor(0), s), scalar, doubles(2))
add("scatter_add", lambda x, s: x.scatter_add(1, columns, s[:, :2]), matrix, source)
for reduce in ("add", "multiply"):
    add(f"scatter {reduce}", lambda x, s: x.scatter(1, columns, s, reduce=reduce), matrix, source, gradients=False)
    add(f"scatter number {reduce}", lambda x: x.scatter(1, columns, 3, reduce=reduce), matrix, gradients=False)
tied = doubles([[1, 0, 2, 2], [0, 3, 0, 1], [5, 5, 5, 5]])
tied_source = doubles([[1, 1, 0, 2], [2, 0, 3, 0], [5, 4, 5, 6]])
places = torch.tensor([[0, 0, 1, 2], [1, 1, 1, 0], [3, 3, 2, 2]])
for reduce, include_self in itertools.product(("sum", "prod", "mean", "amax", "amin"), (True, False)):
    def f(x, s):
        return x.scatter_reduce(1, places, s, reduce, include_self=include_self)

    name = f"scatter_reduce {reduce} {include_self:d}"
    add(name, f, matrix, source)
    # PyTorch 1.13 counts self among the ties even where it is not included.
    ties_agree = include_self or reduce not in ("amax", "amin")
    add(f"{name} ties", f, tied, tied_source, gradients=ties_agree)
    add(f"{name} long", f, tied.long(), tied_source.long() * (-1 if reduce == "mean" else 1))
add("scatter_reduce nan", lambda x, s: x.scatter_reduce(0, torch.tensor([0, 0, 1]), s, "amax"), doubles([1, 2]),
    doubles([3, nan, inf]), gradients=False)

mask = torch.tensor([[True, False, False, True], [False, True, False, False], [False, False, False, True]])
row = mask[0]
add("masked_fill", lambda x: x.masked_fill(row, inf), matrix)
add("masked_fill tensor", lambda x, v: x.masked_fill(mask, v), matrix, scalar)
add("masked_fill wider", lambda x: x.masked_fill(mask, 0.5), matrix[0])
add("masked_fill long", lambda x: x.masked_fill(x > 2, -1), torch.tensor([1, 2, 3]))
add("masked_fill flags", lambda x: x.masked_fill(x, False), m3)
add("masked_select", lambda x: x.masked_select(mask), matrix)
add("masked_select row", lambda x: x.masked_select(row), matrix)
add("masked_select wider", lambda x: x.masked_select(mask), matrix[0])
add("masked_select none", lambda x: x.masked_select(torch.tensor(False)), matrix)
add("masked_scatter", lambda x, s: x.masked_scatter(mask, s), matrix, source)
add("masked_scatter row", lambda x, s: x.masked_scatter(row, s), matrix, source)

holes = doubles([[0, 1, 0], [nan, 0, -0.0]])
for name, value in (
    ("double", holes),
    ("flags", m23),
    ("long", torch.tensor([0, 4, 0, -1])),
    ("scalar", scalar),
    ("zero", torch.tensor(0)),
    ("empty", doubles([])),
):
    add(f"nonzero {name}", lambda x: x.nonzero(), value, gradients=False)
    add(f"where {name}", lambda x: torch.where(x != 0), value, gradients=False)
add("argwhere", lambda x: x.argwhere(), holes, gradients=False)
one_hot = torch.nn.functional.one_hot
add("one_hot", one_hot, torch.tensor([[0, 2], [1, 0]]))
add("one_hot wide", lambda x: one_hot(x, 5), torch.tensor([3, 0]))
add("one_hot scalar", one_hot, torch.tensor(2))
add("one_hot empty", lambda x: one_hot(x, 3), torch.zeros(0, dtype=torch.int64))
family.write()
