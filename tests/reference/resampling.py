"""Pictures and volumes sampled anew."""

import torch
import torch.nn.functional as F

from reference import Family, numbers

family = Family("resampling")

line, picture, volume = numbers(1, 2, 5), numbers(1, 2, 4, 3), numbers(1, 1, 2, 3, 2)
for mode in ("nearest", "nearest-exact", "area"):
    for size in (1, 3, 5, 7, 10):
        family.add(f"{mode} 1d to {size}", lambda x: F.interpolate(x, size, mode=mode), line)
    family.add(f"{mode} 2d", lambda x: F.interpolate(x, (3, 7), mode=mode), picture)
    family.add(f"{mode} 3d", lambda x: F.interpolate(x, (3, 2, 5), mode=mode), volume)
for mode in ("nearest", "nearest-exact"):
    family.add(f"{mode} 2d by factors", lambda x: F.interpolate(x, scale_factor=(1.3, 2.0), mode=mode), picture)
for align in (False, True):
    for size in (1, 3, 5, 8):
        family.add(f"linear to {size}, {align}", lambda x: F.interpolate(x, size, mode="linear", align_corners=align),
                   line)
    for mode in ("bilinear", "bicubic"):
        for size in ((4, 3), (2, 2), (7, 5), (1, 6)):
            family.add(f"{mode} to {size}, {align}",
                       lambda x: F.interpolate(x, size, mode=mode, align_corners=align), picture)
            family.add(f"{mode} smooth to {size}, {align}",
                       lambda x: F.interpolate(x, size, mode=mode, align_corners=align, antialias=True), picture)
        for recompute in (False, True):
            family.add(f"{mode} by factors, {align}, {recompute}",
                       lambda x: F.interpolate(x, scale_factor=(0.7, 1.9), mode=mode, align_corners=align,
                                               recompute_scale_factor=recompute), picture)
    family.add(f"trilinear, {align}",
               lambda x: F.interpolate(x, (3, 2, 4), mode="trilinear", align_corners=align), volume)

grid = numbers(1, 2, 3, 2, scale=1.6, shift=0.07)
edges = torch.tensor([[[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [5.0, -3.0]]]], dtype=torch.float64)
for padding in ("zeros", "border", "reflection"):
    for align in (False, True):
        for mode in ("bilinear", "nearest", "bicubic"):
            family.add(f"grid_sample {mode} {padding} {align}",
                       lambda x, g: F.grid_sample(x, g, mode, padding, align), picture, grid)
            family.add(f"grid_sample edges {mode} {padding} {align}",
                       lambda x: F.grid_sample(x, edges, mode, padding, align), picture, gradients=False)
        for mode in ("bilinear", "nearest"):
            family.add(f"grid_sample 3d {mode} {padding} {align}",
                       lambda x, g: F.grid_sample(x, g, mode, padding, align), volume,
                       numbers(1, 1, 2, 2, 3, scale=1.6, shift=0.07))
for align in (False, True):
    family.add(f"affine_grid {align}", lambda t: F.affine_grid(t, (2, 1, 3, 2), align), numbers(2, 2, 3))
    family.add(f"affine_grid 3d {align}", lambda t: F.affine_grid(t, (1, 1, 2, 1, 3), align), numbers(1, 3, 4))
family.write()
