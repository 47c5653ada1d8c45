"""Reference values of operations, computed by PyTorch (Debian 12's python3-torch, 1.13) in double precision.

A script of this folder makes one family of cases; `/usr/bin/python3 tests/reference/reduction.py` writes
tests/data/reference/reduction.json, which tests/ops/reference.h compares with. The numbers are stored, so PyTorch is
needed to make new ones only.
"""

import json
import pathlib

import torch

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "reference"


def numbers(*shape, scale=2.0, shift=0.0):
    """Distinct doubles in (-scale, scale) + shift, in an order that looks random: no ties, none at zero."""
    count = 1
    for size in shape:
        count *= size
    order = [(7 * i + 3) % count if count % 7 else (11 * i + 3) % count for i in range(count)]
    values = [(2 * (k + 0.6) / (count + 1) - 1) * scale + shift for k in order]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def _number(value):
    if isinstance(value, (bool, int)):
        return int(value)
    return value if value == value and abs(value) != float("inf") else str(value)


def _tensor(x):
    return {
        "dtype": str(x.dtype).removeprefix("torch."),
        "shape": list(x.shape),
        "values": [_number(v) for v in x.detach().reshape(-1).tolist()],
    }


class Family:
    """Cases of one file of operations."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def add(self, name, call, *inputs, gradients=True):
        """One case: `call(*inputs)`, a tensor or a sequence of tensors, and, of every floating-point input, the gradient
        of sum(weight * output) over the floating-point outputs, where weight counts 1, 1 + 1/n, 1 + 2/n ..."""
        if any(case["name"] == name for case in self.cases):
            raise ValueError(f"two cases are called {name}")
        leaves = [x.detach().clone().requires_grad_(gradients and x.is_floating_point()) for x in inputs]
        result = call(*leaves)
        outputs = [result] if isinstance(result, torch.Tensor) else list(result)
        case = {
            "name": name,
            "inputs": [_tensor(x) for x in inputs],
            "outputs": [_tensor(y) for y in outputs],
        }
        roots = [y for y in outputs if y.requires_grad]
        if roots:
            weights = [(1 + torch.arange(y.numel(), dtype=y.dtype) / max(y.numel(), 1)).reshape(y.shape) for y in roots]
            wanted = [x for x in leaves if x.requires_grad]
            gradients = torch.autograd.grad(roots, wanted, weights, allow_unused=True)
            by_leaf = dict(zip(map(id, wanted), gradients))
            case["gradients"] = [
                None if by_leaf.get(id(x)) is None else _tensor(by_leaf[id(x)]) for x in leaves
            ]
        self.cases.append(case)

    def write(self):
        """Writes the family's file."""
        DATA.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(case) for case in self.cases)
        (DATA / f"{self.name}.json").write_text(f"[\n{lines}\n]\n")
