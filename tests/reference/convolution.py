"""Convolutions, transposed convolutions and blocks of images as columns."""

import torch
import torch.nn.functional as F

from reference import Family, numbers

family = Family("convolution")


def add(name, call, x, w, bias=None):
    """One case of an input of shape `x`, a weight of shape `w` and, if there is one, a bias of `bias` elements."""
    inputs = [numbers(*x), numbers(*w, scale=1.5, shift=0.1)]
    if bias is not None:
        inputs.append(numbers(bias, scale=0.5, shift=0.3))
    family.add(name, call, *inputs)


add("conv1d", F.conv1d, (2, 2, 6), (3, 2, 3), 3)
add("conv1d stride 2 padding 1", lambda x, w: F.conv1d(x, w, stride=2, padding=1), (1, 2, 7), (2, 2, 3))
add("conv1d dilation 2 groups 2", lambda x, w: F.conv1d(x, w, padding=2, dilation=2, groups=2), (1, 4, 6), (2, 2, 3))
add("conv1d unbatched", F.conv1d, (2, 5), (3, 2, 2), 3)
add("conv1d same", lambda x, w: F.conv1d(x, w, padding="same"), (1, 1, 5), (2, 1, 4))
add("conv1d valid", lambda x, w: F.conv1d(x, w, stride=2, padding="valid"), (1, 1, 6), (2, 1, 3))
add("conv1d long", lambda x, w, b: F.conv1d(x, w, b, padding=3), (1, 1, 40), (1, 1, 5), 1)
add("conv2d", F.conv2d, (2, 2, 4, 5), (2, 2, 3, 2), 2)
add(
    "conv2d strides and paddings",
    lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2)),
    (1, 2, 5, 4),
    (3, 2, 3, 3),
    3,
)
add("conv2d stride 3", lambda x, w: F.conv2d(x, w, stride=3, padding=1), (1, 1, 7, 8), (1, 1, 2, 4))
add("conv2d dilations", lambda x, w: F.conv2d(x, w, padding=(0, 1), dilation=(2, 3)), (1, 1, 5, 6), (2, 1, 2, 2))
add("conv2d stride and dilation", lambda x, w: F.conv2d(x, w, stride=2, padding=2, dilation=3), (1, 1, 7, 6), (1, 1, 2, 3))
add("conv2d groups", lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=2), (1, 4, 3, 3), (4, 2, 2, 2), 4)
add("conv2d depthwise", lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=3), (1, 3, 4, 4), (6, 1, 3, 3), 6)
add("conv2d 1x1", F.conv2d, (2, 3, 3, 3), (4, 3, 1, 1), 4)
add("conv2d 1x1 stride 2", lambda x, w: F.conv2d(x, w, stride=2), (1, 3, 4, 5), (2, 3, 1, 1))
add("conv2d of the whole image", F.conv2d, (2, 2, 2, 3), (3, 2, 2, 3), 3)
add("conv2d unbatched", lambda x, w: F.conv2d(x, w, padding=1), (2, 3, 4), (2, 2, 3, 3))
add("conv2d same", lambda x, w: F.conv2d(x, w, padding="same", dilation=(1, 2)), (1, 1, 4, 5), (1, 1, 2, 3))
add("conv2d many channels", lambda x, w: F.conv2d(x, w), (1, 11, 2, 3), (9, 11, 2, 2))
add("conv3d", lambda x, w, b: F.conv3d(x, w, b, stride=(1, 2, 1), padding=(1, 0, 1)), (1, 1, 3, 4, 3), (2, 1, 2, 2, 3), 2)
add("conv3d groups and dilation", lambda x, w: F.conv3d(x, w, groups=2, dilation=(2, 1, 1)), (1, 2, 4, 2, 3), (2, 1, 2, 2, 2))
add("conv_transpose1d", F.conv_transpose1d, (2, 2, 4), (2, 3, 3), 3)
add(
    "conv_transpose1d stride and output_padding",
    lambda x, w, b: F.conv_transpose1d(x, w, b, stride=3, padding=1, output_padding=2),
    (1, 2, 4),
    (2, 2, 4),
    2,
)
add("conv_transpose1d kernel below the stride", lambda x, w, b: F.conv_transpose1d(x, w, b, stride=3), (1, 1, 3), (1, 2, 2), 2)
add(
    "conv_transpose2d",
    lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=(1, 0)),
    (1, 2, 3, 2),
    (2, 2, 3, 3),
    2,
)
add("conv_transpose2d groups", lambda x, w: F.conv_transpose2d(x, w, groups=2, padding=1), (1, 4, 3, 3), (4, 1, 2, 3))
add(
    "conv_transpose2d stride and dilation",
    lambda x, w: F.conv_transpose2d(x, w, stride=(2, 3), padding=(1, 2), dilation=(3, 2), output_padding=(2, 1)),
    (1, 1, 3, 3),
    (1, 2, 2, 3),
)
add("conv_transpose2d of one element", F.conv_transpose2d, (2, 3, 1, 1), (3, 2, 2, 2), 2)
add("conv_transpose2d unbatched", lambda x, w: F.conv_transpose2d(x, w, stride=2), (1, 2, 3), (1, 2, 2, 2))
add("conv_transpose3d", lambda x, w, b: F.conv_transpose3d(x, w, b, stride=(1, 2, 1), padding=(0, 1, 1)), (1, 1, 2, 3, 2), (1, 2, 2, 3, 3), 2)
add("convolution", lambda x, w, b: torch.convolution(x, w, b, (2, 1), (1, 0), (1, 1), False, (0, 0), 1), (1, 2, 4, 3), (2, 2, 2, 2), 2)
add("convolution transposed", lambda x, w: torch.convolution(x, w, None, (2, 2), (1, 0), (1, 1), True, (1, 0), 2), (1, 2, 2, 3), (2, 1, 2, 2))
add("conv_tbc", lambda x, w, b: torch.conv_tbc(x, w, b, 1), (4, 2, 3), (3, 3, 2), 2)

x, w = torch.arange(16).reshape(1, 1, 4, 4), torch.arange(4).reshape(1, 1, 2, 2) - 2
family.add("conv2d of integers", lambda a, b: F.conv2d(a, b, stride=2), x, w)
family.add("conv_transpose2d of integers", lambda a, b: F.conv_transpose2d(a, b), x, w)

images = numbers(2, 2, 4, 5)
family.add("unfold", lambda x: F.unfold(x, (2, 3)), images)
family.add("unfold with options", lambda x: F.unfold(x, (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)), images)
family.add("unfold unbatched", lambda x: F.unfold(x, 2), numbers(2, 3, 3))
family.add("fold", lambda x: F.fold(x, (4, 5), (2, 3)), numbers(1, 12, 9))
family.add(
    "fold with options",
    lambda x: F.fold(x, (4, 5), (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)),
    numbers(1, 6, 16),
)
family.add("fold unbatched", lambda x: F.fold(x, (3, 3), 2), numbers(8, 4))
family.write()
