"""How tensors are printed. tests/autograd/repr.cpp makes the same tensors, by the same names."""

import json

import torch

from reference import DATA

inf, nan = float("inf"), float("nan")
f64, i32, u8 = torch.float64, torch.int32, torch.uint8
tensor, arange = torch.tensor, torch.arange


def leaf(*values, dtype=None):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def default_is_float64():
    torch.set_default_dtype(f64)
    text = repr(tensor([0.5])) + repr(torch.tensor([0.5], dtype=torch.float32)) + repr(torch.zeros(0))
    torch.set_default_dtype(torch.float32)
    return text


cases = {
    "matrix": tensor([[0.1, 2], [3, 4]]),
    "matrix that requires grad": tensor([[0.1, 2], [3, 4]], requires_grad=True),
    "result": leaf(0.1, 2.0) + 1,
    "float64": tensor([0.1, 2], dtype=f64),
    "float64 result": leaf(0.5, dtype=f64) * 2,
    "number": tensor(1.5),
    "whole number": tensor(3.0),
    "float64 number": tensor(-0.25, dtype=f64),
    "integer": tensor(42),
    "int32": tensor([1, -20, 300], dtype=i32),
    "int32 number": tensor(7, dtype=i32),
    "uint8": tensor([[0, 255], [7, 30]], dtype=u8),
    "int64 limits": tensor([-(2**63), 2**63 - 1]),
    "bools": tensor([[True, False], [False, False]]),
    "one bool": tensor(True),
    "only true": tensor([True, True]),
    "whole numbers": tensor([1.0, -20.0, 300.0]),
    "zeros": torch.zeros(2, 3),
    "minus zero": tensor([-0.0, 0.5]),
    "whole numbers and minus zero": tensor([-0.0, 1.0]),
    "large whole numbers": tensor([1.0, 1001.0]),
    "a large whole number": tensor([2e8]),
    "just below": tensor([1e8]),
    "wide range": tensor([0.001, 1.5, 20000.25]),
    "small numbers": tensor([0.00005, 0.00006]),
    "just not small": tensor([0.0001, 0.00015], dtype=f64),
    "float32 just small": tensor([0.0001, 0.00015]),
    "large numbers": tensor([1.5e9, 2.5e9]),
    "three digits of exponent": tensor([1.5e-120, -1.5e150], dtype=f64),
    "denormal": tensor([1e-45]),
    "largest": tensor([1.7976931348623157e308], dtype=f64),
    "nan and infinity": tensor([nan, inf, -inf, 1.5]),
    "whole numbers, nan and infinity": tensor([nan, inf, -inf, 1.0]),
    "exponents, nan and infinity": tensor([nan, inf, -inf, 1e-7]),
    "only nan": tensor([nan, nan]),
    "only infinity": tensor([-inf, 0.0]),
    "one nan": tensor(nan),
    "half to even": tensor([0.00005, 0.12345, 2.5, 0.5], dtype=f64),
    "empty": torch.zeros(0),
    "empty float64": torch.zeros(0, dtype=f64),
    "empty int64": torch.zeros(0, dtype=torch.int64),
    "empty bools": torch.zeros(0, dtype=torch.bool),
    "no rows": torch.zeros(0, 3),
    "no columns": torch.zeros(2, 0, 3, dtype=i32),
    "no rows, requires grad": torch.zeros(0, 3, requires_grad=True),
    "three dimensions": arange(8).reshape(2, 2, 2),
    "four dimensions": arange(8.0).reshape(2, 2, 1, 2) / 3,
    "many dimensions": arange(2).reshape(1, 1, 1, 2, 1, 1),
    "lines": arange(40),
    "lines of numbers": arange(25.0) / 7,
    "lines in a matrix": arange(60.0).reshape(2, 30) * 1.5,
    "lines of bools": arange(30) > 12,
    "a column": arange(3.0).reshape(3, 1),
    "exactly 1000": arange(1000).reshape(10, 100) % 10,
    "cut": arange(1001),
    "cut matrix": arange(1200).reshape(40, 30),
    "cut rows": arange(1200.0).reshape(300, 4) / 7,
    "cut columns": arange(1200.0).reshape(4, 300) * 100,
    "cut three dimensions": arange(2100).reshape(10, 7, 30),
    "cut hides the wide range": torch.cat([torch.ones(600), tensor([1e-9]), torch.ones(600)]) * 0.5,
    "cut result": arange(1200.0, requires_grad=True).reshape(30, 40) * 2,
    "transposed": arange(6).reshape(2, 3).t(),
    "every other column": arange(12.0).reshape(3, 4)[:, ::2],
    "expanded": tensor([1.5, 2.5]).expand(2, 2),
    "row of a matrix that requires grad": torch.ones(2, 3, requires_grad=True)[1],
    "view": leaf(1.0, 2.0).view(2, 1),
    "in place": (leaf(1.0, 2.0) * 1).mul_(2),
    "result that fits the line": leaf(*[0.5] * 5) * 2.5,
    "result on a line of its own": leaf(*[0.5] * 6) * 2.5,
    "two properties on a line each": leaf(*[0.25] * 15, dtype=f64).sigmoid(),
    "another default": default_is_float64(),
}
texts = [{"name": name, "text": case if isinstance(case, str) else repr(case)} for name, case in cases.items()]
lines = ",\n".join(json.dumps(text) for text in texts)
(DATA / "repr.json").write_text(f"[\n{lines}\n]\n")
