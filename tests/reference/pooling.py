"""Pooling: largest elements, means, norms, and the way back."""

import torch
import torch.nn.functional as F

from reference import Family, numbers

family = Family("pooling")
nan, inf = float("nan"), float("inf")
line, image, volume = numbers(2, 2, 9), numbers(1, 2, 5, 7), numbers(1, 1, 4, 5, 6)
wide = numbers(1, 1, 4, 40)


def both(call):
    """The largest elements and their indices."""
    return lambda x: call(x, return_indices=True)


family.add("max_pool1d", both(lambda x, **k: F.max_pool1d(x, 3, **k)), line)
family.add("max_pool1d options", both(lambda x, **k: F.max_pool1d(x, 3, 2, 1, 2, ceil_mode=True, **k)), line)
family.add("max_pool1d unbatched", both(lambda x, **k: F.max_pool1d(x, 2, **k)), numbers(2, 6))
family.add("max_pool2d", both(lambda x, **k: F.max_pool2d(x, 2, **k)), image)
family.add("max_pool2d even", both(lambda x, **k: F.max_pool2d(x, 2, **k)), wide)
family.add("max_pool2d wide", both(lambda x, **k: F.max_pool2d(x, 3, 1, 1, **k)), wide)
family.add("max_pool2d 3 stride 2", both(lambda x, **k: F.max_pool2d(x, 3, 2, 1, **k)), wide)
family.add("max_pool2d stride 3", both(lambda x, **k: F.max_pool2d(x, 2, 3, **k)), image)
family.add(
    "max_pool2d options",
    both(lambda x, **k: F.max_pool2d(x, (3, 2), (1, 2), (1, 1), (1, 2), ceil_mode=True, **k)),
    image,
)
family.add("max_pool2d unbatched", both(lambda x, **k: F.max_pool2d(x, (2, 3), **k)), numbers(2, 4, 6))
family.add("max_pool3d", both(lambda x, **k: F.max_pool3d(x, 2, **k)), volume)
family.add("max_pool3d options", both(lambda x, **k: F.max_pool3d(x, (2, 3, 2), 2, 1, (2, 1, 1), ceil_mode=True, **k)), volume)
special = torch.tensor([[1, nan, 2, nan, -inf, -inf, 3, 3, inf, nan, 0, -0.0]], dtype=torch.float64)
family.add("max_pool1d special", both(lambda x, **k: F.max_pool1d(x, 2, **k)), special)
family.add("max_pool2d special", both(lambda x, **k: F.max_pool2d(x, (1, 3), (1, 2), (0, 1), **k)), special.reshape(1, 1, 12))
family.add("max_pool2d ties", both(lambda x, **k: F.max_pool2d(x, 2, **k)), torch.ones(1, 2, 4, 6, dtype=torch.float64))

for dims, x in ((1, line), (2, image), (3, volume)):
    pool = getattr(F, f"avg_pool{dims}d")
    family.add(f"avg_pool{dims}d", lambda x: pool(x, 2), x)
    family.add(f"avg_pool{dims}d padding", lambda x: pool(x, 3, 2, 1, ceil_mode=True), x)
    family.add(f"avg_pool{dims}d without padding", lambda x: pool(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), x)
family.add("avg_pool2d wide", lambda x: F.avg_pool2d(x, 3, 1, 1), wide)
family.add("avg_pool2d even", lambda x: F.avg_pool2d(x, 2), wide)
family.add("avg_pool2d stride 3", lambda x: F.avg_pool2d(x, 2, 3), image)
family.add("avg_pool2d divisor", lambda x: F.avg_pool2d(x, (2, 3), 1, (1, 0), divisor_override=5), image)
family.add("avg_pool3d divisor", lambda x: F.avg_pool3d(x, 2, divisor_override=-3), volume)
family.add("avg_pool2d unbatched", lambda x: F.avg_pool2d(x, 2), numbers(2, 4, 4))
family.add("avg_pool2d of integers", lambda x: F.avg_pool2d(x, 2), torch.arange(16).reshape(1, 1, 4, 4) * 3 - 20)
family.add("avg_pool1d special", lambda x: F.avg_pool1d(x, 3, 2, 1), special)

for dims, x, sizes in ((1, line, (4, 1, 12)), (2, image, ((3, 4), 1, (None, 2))), (3, volume, ((2, 3, 4), 1, (None, 5, 7)))):
    for size in sizes:
        average, largest = getattr(F, f"adaptive_avg_pool{dims}d"), getattr(F, f"adaptive_max_pool{dims}d")
        family.add(f"adaptive_avg_pool{dims}d {size}", lambda x: average(x, size), x)
        family.add(f"adaptive_max_pool{dims}d {size}", lambda x: largest(x, size, return_indices=True), x)

for dims, x in ((1, line), (2, image), (3, volume)):
    pool, unpool = getattr(F, f"max_pool{dims}d"), getattr(F, f"max_unpool{dims}d")
    y, places = pool(x, 2, return_indices=True)
    family.add(f"max_unpool{dims}d size", lambda y, p: unpool(y, p, 2, output_size=x.shape[2:]), y, places)
    even = x[(...,) + (slice(4),) * dims]
    y, places = pool(even, 2, return_indices=True)
    family.add(f"max_unpool{dims}d", lambda y, p: unpool(y, p, 2), y, places)
y, places = F.max_pool2d(image[0], 3, 2, 1, return_indices=True)
family.add("max_unpool2d unbatched", lambda y, p: F.max_unpool2d(y, p, 3, 2, 1), y, places)

positive = numbers(1, 2, 5, 6, scale=1.0, shift=1.5)
family.add("lp_pool1d", lambda x: F.lp_pool1d(x, 2, 3, 2), positive[0])
family.add("lp_pool1d ceil", lambda x: F.lp_pool1d(x, 1.5, 4, ceil_mode=True), positive[0])
family.add("lp_pool2d", lambda x: F.lp_pool2d(x, 3, (2, 3), 1), positive)
family.add("lp_pool2d ceil", lambda x: F.lp_pool2d(x, 2, 2, ceil_mode=True), image)
family.write()
