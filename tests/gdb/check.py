"""Run by gdb: the text of every variable of program.cpp, in the running program and in a core file of it."""

import os
import tempfile

import gdb

SKIPPED = 77
EXPECTED = {
    "undefined": "Tensor (undefined)",
    "number": "Tensor () float32: 1.5",
    "matrix": "Tensor (2, 3) float64: [[1, 2, 3], [4, 5, 6]]",
    "transposed": "Tensor (3, 2) float64: [[1, 4], [2, 5], [3, 6]]",
    "part": "Tensor (1, 2) float64: [[4, 6]]",
    "bools": "Tensor (2, 3) bool: [[False, False, False], [True, True, True]]",
    "bytes": "Tensor (2,) uint8: [0, 255]",
    "ints": "Tensor (2,) int32: [-1, 2]",
    "longs": "Tensor (1000,) int64: [" + ", ".join(map(str, range(20))) + ", ...]",
    "special": "Tensor (3,) float32: [nan, inf, -0]",
    "none": "Tensor (0, 3) float32: []",
    "expanded": "Tensor (2, 2) float32: [[1.5, 1.5], [1.5, 1.5]]",
    "deep": "Tensor (1, 2, 1, 2, 1, 2) int64: [[[[[[0, 1]], [[2, 3]]]], [[[[4, 5]], [[6, 7]]]]]]",
    "leaf": "Tensor (2,) float32, requires_grad=True: [0.5, 1.5]",
    "result": "Tensor (2,) float32, grad_fn=<TanhBackward0>: [0.462117, 0.905148]",
    "joined": "Tensor (4,) float32, grad_fn=<CatBackward0>: [0.462117, 0.905148, 0.5, 1.5]",
    "selected": "Tensor () float32, grad_fn=<SelectBackward0>: 0.462117",
    "logged": "Tensor (2,) float32, grad_fn=<Log1PBackward0>: [0.405465, 0.916291]",
    "softened": "Tensor (2,) float32, grad_fn=<LogSoftmaxBackward0>: [-1.31326, -0.313262]",
    "own": "Tensor (2,) float32, grad_fn=<TwiceBackward>: [1, 3]",
    "sliced": "Tensor (1,) float32, grad_fn=<SliceBackward0>: [0.462117]",
    "garbage": "Tensor (not readable: not constructed yet, or destroyed)",
    "half": "Scalar 0.5",
    "seven": "Scalar 7",
    "yes": "Scalar True",
    "sizes": "(2, 3)",
}
# Parts of longer texts.
CONTAINED = {
    "list": ["std::vector of length 2", "Tensor () float32: 1.5", "Tensor (2,) float32, requires_grad=True: [0.5, 1.5]"],
    "net": ["holder of (anonymous namespace)::NetImpl", "holder of xgrad::nn::LinearImpl"],
    "empty": ["empty holder of (anonymous namespace)::NetImpl"],
}


def check(where):
    """Compares all variables of main; returns the number of those that differ."""
    gdb.execute("frame function main")
    found = {name: gdb.parse_and_eval(name).format_string() for name in [*EXPECTED, *CONTAINED]}
    wrong = [name for name, text in EXPECTED.items() if found[name] != text]
    wrong += [name for name, parts in CONTAINED.items() if any(part not in found[name] for part in parts)]
    for name in wrong:
        print(f"{where}: {name} is shown as\n    {found[name]}\nexpected\n    {EXPECTED.get(name, CONTAINED.get(name))}")
    return len(wrong)


def main():
    gdb.execute("set pagination off")
    gdb.execute("break stop_here")
    try:
        gdb.execute("run")
        if not gdb.selected_thread():
            raise gdb.error("the program did not start")
    except gdb.error as error:
        print(f"skipped: {error}")  # a container may forbid to trace programs
        return SKIPPED
    wrong = check("in the program")
    with tempfile.TemporaryDirectory() as folder:
        core = os.path.join(folder, "core")
        gdb.execute(f"generate-core-file {core}")
        gdb.execute("set confirm off")
        gdb.execute("kill")
        gdb.execute(f"core-file {core}")
        wrong += check("in the core file")
    print(f"{len(EXPECTED) + len(CONTAINED)} variables, {wrong} wrong")
    return 1 if wrong else 0


gdb.execute(f"quit {main()}")
