"""Losses: every option and reduction, kinks and special values."""

import torch
import torch.nn.functional as F

from reference import Family, numbers

family = Family("loss")
element_wise = family
inf, nan = float("inf"), float("nan")


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


def add(name, call, *inputs, reductions=("none", "mean", "sum")):
    """Some reductions of one loss."""
    for reduction in reductions:
        family.add(f"{name}, {reduction}", lambda *x: call(*x, reduction=reduction), *inputs)


x, t = numbers(2, 3), numbers(2, 3, scale=1.5, shift=0.2)
row = numbers(3, scale=1.1)

# --- Regression

# Equal elements, and a distance of 0.5 and 1 exactly.
kinks = doubles(0, 0.5, -0.5, 1, -1, 2, inf, -inf, nan)
zeros = torch.zeros(9, dtype=torch.float64)
regression = {
    "l1": F.l1_loss,
    "mse": F.mse_loss,
    "smooth l1": F.smooth_l1_loss,
    "smooth l1 beta 0.5": lambda x, t, reduction: F.smooth_l1_loss(x, t, reduction=reduction, beta=0.5),
    "smooth l1 beta 0": F.l1_loss,  # as PyTorch 2 has it; the gradient of 1.13 is another where x = t
    "huber": F.huber_loss,
    "huber delta 0.5": lambda x, t, reduction: F.huber_loss(x, t, reduction=reduction, delta=0.5),
}
for name, call in regression.items():
    add(name, call, x, t)
    family.add(f"{name} broadcast", lambda x, t: call(x, t, reduction="none"), x, row)
    family.add(f"{name} kinks", lambda x, t: call(x, t, reduction="none"), kinks, zeros)
    family.add(f"{name} empty", lambda x, t: call(x, t, reduction="sum"), numbers(0, 3), numbers(0, 3))

variance = numbers(2, 3, scale=0.8, shift=1.0)
for full in (False, True):
    for name, v in (("", variance), (" for rows", variance[:, 0].clone()), (" of size 1", variance[:, :1].clone())):
        add(
            f"gaussian nll variance{name}{' full' if full else ''}",
            lambda x, t, v, reduction: F.gaussian_nll_loss(x, t, v, full=full, reduction=reduction),
            x, t, v, reductions=("none",) if name else ("none", "mean", "sum"),
        )  # fmt: skip
family.add(
    "gaussian nll small variance",
    lambda x, t, v: F.gaussian_nll_loss(x, t, v, eps=0.5, reduction="none"),
    x, t, doubles(0, 0.25, 0.5, 0.75, 1, 2).reshape(2, 3),
)  # fmt: skip

# --- Classes, in a file of their own

family = Family("class_loss")
classes = {
    "(N, C)": (numbers(4, 3), torch.tensor([2, 0, 1, 2])),
    "(C)": (numbers(3), torch.tensor(1)),
    "(N, C, d)": (numbers(2, 3, 2), torch.tensor([[2, 0], [1, 2]])),
    "(N, C, d, d)": (numbers(2, 3, 2, 2), torch.tensor([[[2, 0], [1, 2]], [[0, 0], [1, 1]]])),
}
weight = doubles(0.5, 2, 1.25)
for shape, (logits, target) in classes.items():
    dim = 0 if logits.dim() == 1 else 1
    some = ("none", "mean", "sum") if shape == "(N, C)" else ("mean",)
    probabilities = torch.softmax(logits * 0.7 + 0.1, dim).roll(1, -1)
    for name, options in (
        ("", {}),
        (" ignoring 2", {"ignore_index": 2}),
        (" smoothed", {"label_smoothing": 0.3}),
        (" smoothed ignoring 2", {"label_smoothing": 0.3, "ignore_index": 2}),
    ):
        add(f"cross entropy {shape}{name}", lambda x, t, reduction: F.cross_entropy(x, t, reduction=reduction, **options), logits, target, reductions=some)
        add(
            f"cross entropy {shape}{name} weighted",
            lambda x, t, w, reduction: F.cross_entropy(x, t, w.detach(), reduction=reduction, **options),
            logits, target, weight, reductions=some,
        )  # fmt: skip
        if "ignore_index" not in options:
            add(
                f"cross entropy {shape} probabilities{name} weighted",
                lambda x, p, w, reduction: F.cross_entropy(x, p, w.detach(), reduction=reduction, **options),
                logits, probabilities, weight, reductions=some,
            )  # fmt: skip
        if "label_smoothing" not in options:
            add(f"nll {shape}{name}", lambda x, t, reduction: F.nll_loss(x, t, reduction=reduction, **options), logits, target, reductions=some)
            add(
                f"nll {shape}{name} weighted",
                lambda x, t, w, reduction: F.nll_loss(x, t, w.detach(), reduction=reduction, **options),
                logits, target, weight, reductions=some,
            )  # fmt: skip
bytes_target = torch.tensor([2, 0, 1, 2], dtype=torch.uint8)
family.add("nll of bytes", lambda x, t: F.nll_loss(x, t), numbers(4, 3), bytes_target)

scores, labels = numbers(4, 3), torch.tensor([2, 0, 1, 2])
for p in (1, 2):
    for margin in (1, 0.5):
        options = {"p": p, "margin": margin}
        add(f"multi margin p {p} margin {margin}", lambda x, t, reduction: F.multi_margin_loss(x, t, reduction=reduction, **options), scores, labels)
    add(
        f"multi margin p {p} weighted",
        lambda x, t, w, reduction: F.multi_margin_loss(x, t, p, 0.7, w.detach(), reduction=reduction),
        scores, labels, weight,
    )  # fmt: skip
    add(f"multi margin p {p} one example", lambda x, t, reduction: F.multi_margin_loss(x, t, p, reduction=reduction), numbers(4), torch.tensor(1))
    family.add(f"multi margin p {p} at the margin", lambda x, t: F.multi_margin_loss(x, t, p), doubles(1, 0, 0.5, 0).reshape(1, 4), torch.tensor([0]))

several = torch.tensor([[1, 3, -1, 0], [-1, 2, 0, 1], [0, 1, 2, 3], [2, 2, -1, -1]])
add("multilabel margin", F.multilabel_margin_loss, numbers(4, 4), several)
add("multilabel margin one example", F.multilabel_margin_loss, numbers(4), torch.tensor([3, 0, -1, 1]))
family.add("multilabel margin at the margin", lambda x, t: F.multilabel_margin_loss(x, t), doubles(1, 0, 0.5, 0), torch.tensor([0, -1, 0, 0]))

there = torch.tensor([[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 1, 0]], dtype=torch.float64)
add("multilabel soft margin", F.multilabel_soft_margin_loss, numbers(4, 3), there)
add(
    "multilabel soft margin weighted",
    lambda x, t, w, reduction: F.multilabel_soft_margin_loss(x, t, w.detach(), reduction=reduction),
    numbers(4, 3), there, weight,
)  # fmt: skip

# --- Sequences. The gradient of log-probabilities that are none is PyTorch's too.


def ctc(name, log_probs, targets, input_lengths, target_lengths, **options):
    add(
        f"ctc {name}",
        lambda x, t, i, n, reduction: F.ctc_loss(x, t, i, n, reduction=reduction, **options),
        log_probs, targets, torch.tensor(input_lengths), torch.tensor(target_lengths),
        reductions=("none", "mean", "sum") if name == "lengths" else ("none", "mean"),
    )  # fmt: skip


log_probs = numbers(6, 3, 4, scale=1.0).log_softmax(2)
padded = torch.tensor([[1, 2, 3], [2, 2, 0], [3, 0, 0]])
ctc("padded", log_probs, padded, [6, 6, 6], [3, 2, 1])
ctc("lengths", log_probs, padded, [6, 4, 2], [3, 2, 1])
ctc("one after the other", log_probs, torch.tensor([1, 2, 3, 2, 2, 3]), [6, 5, 4], [3, 2, 1])
ctc("int32", log_probs, padded.to(torch.int32), [6, 6, 6], [3, 2, 1])
ctc("another blank", log_probs, torch.tensor([[1, 2, 0], [2, 2, 0], [0, 1, 0]]), [6, 5, 4], [3, 2, 1], blank=3)
ctc("empty target", log_probs, padded, [6, 6, 6], [3, 0, 1])
ctc("too long", log_probs, padded, [6, 2, 6], [3, 2, 1])
ctc("too long, zero infinity", log_probs, padded, [6, 2, 6], [3, 2, 1], zero_infinity=True)
ctc("one example", numbers(5, 4).log_softmax(1), torch.tensor([2, 1]), 5, 2)
ctc("not normalised", numbers(5, 1, 4), torch.tensor([[2, 1]]), [5], [2])

family.write()
family = element_wise

# --- Probabilities

p = torch.sigmoid(numbers(2, 3, scale=3))
weights = numbers(3, scale=0.5, shift=1)
add("bce", F.binary_cross_entropy, p, there[:2].clone())
add("bce soft targets", F.binary_cross_entropy, p, torch.sigmoid(t))
add("bce weighted", lambda x, t, w, reduction: F.binary_cross_entropy(x, t, w.detach(), reduction=reduction), p, there[:2].clone(), weights)
family.add("bce limits", lambda x, t: F.binary_cross_entropy(x, t.detach(), reduction="none"), doubles(0, 1, 0, 1, 1e-30), doubles(0, 1, 1, 0, 1))
with_logits = F.binary_cross_entropy_with_logits
add("bce with logits", with_logits, numbers(2, 3, scale=30), torch.sigmoid(t))
add("bce with logits weighted", lambda x, t, w, reduction: with_logits(x, t, w.detach(), reduction=reduction), x, there[:2].clone(), weights)
add("bce with logits positive", lambda x, t, w, reduction: with_logits(x, t, pos_weight=w.detach(), reduction=reduction), x, torch.sigmoid(t), weights)
add(
    "bce with logits weighted, positive",
    lambda x, t, w, v, reduction: with_logits(x, t, w.detach(), pos_weight=v.detach(), reduction=reduction),
    x, torch.sigmoid(t), weights, weight,
)  # fmt: skip

for reduction in ("none", "mean", "sum", "batchmean"):
    family.add(f"kl div, {reduction}", lambda x, t: F.kl_div(x, t, reduction=reduction), x.log_softmax(1), t.softmax(1))
    family.add(f"kl div log target, {reduction}", lambda x, t: F.kl_div(x, t, reduction=reduction, log_target=True), x.log_softmax(1), t.log_softmax(1))
family.add("kl div target 0", lambda x, t: F.kl_div(x, t.detach(), reduction="none"), doubles(-1, -2, -3), doubles(0, 0.5, 0))

counts = doubles(0, 1, 2, 3, 0.5, 7).reshape(2, 3)
for log_input in (False, True):
    for full in (False, True):
        add(
            f"poisson nll{' log' if log_input else ''}{' full' if full else ''}",
            lambda x, t, reduction: F.poisson_nll_loss(x, t.detach(), log_input, full, reduction=reduction),
            x if log_input else variance, counts,
        )  # fmt: skip
add("poisson nll eps", lambda x, t, reduction: F.poisson_nll_loss(x, t, False, False, eps=0.1, reduction=reduction), variance, counts)

# --- Margins

signs = doubles(1, -1, -1, 1, -1, 1).reshape(2, 3)
add("soft margin", lambda x, t, reduction: F.soft_margin_loss(x, t.detach(), reduction=reduction), numbers(2, 3, scale=20), signs)
for margin in (1.0, 0.3):
    add(f"hinge embedding margin {margin}", lambda x, t, reduction: F.hinge_embedding_loss(x, t.detach(), margin, reduction=reduction), x, signs)
    add(f"margin ranking margin {margin}", lambda a, b, t, reduction: F.margin_ranking_loss(a, b, t, margin, reduction=reduction), x, t, signs)
family.add("hinge embedding at the margin", lambda x, t: F.hinge_embedding_loss(x, t.detach(), reduction="none"), doubles(1, 2, 0, 1), doubles(-1, -1, -1, 1))
family.add("margin ranking at the margin", lambda a, b, t: F.margin_ranking_loss(a, b, t, 1.0, reduction="none"), doubles(2, 1, 0), doubles(1, 2, 0), doubles(1, -1, 1))

a, b, c = numbers(4, 3), numbers(4, 3, scale=1.5, shift=0.3), numbers(4, 3, scale=1.2, shift=-0.4)
which = torch.tensor([1, -1, 1, -1])
for margin in (0.0, 0.4, -0.5):
    add(f"cosine embedding margin {margin}", lambda a, b, t, reduction: F.cosine_embedding_loss(a, b, t, margin, reduction=reduction), a, b, which)
for one in (1, -1):
    add(f"cosine embedding of vectors, target {one}", lambda a, b, t, reduction: F.cosine_embedding_loss(a, b, t, -0.9, reduction=reduction), a[0].clone(), b[0].clone(), torch.tensor(one))
family.add("cosine embedding of zeros", lambda a, b, t: F.cosine_embedding_loss(a, b, t, reduction="none"), torch.zeros(2, 3, dtype=torch.float64), b[:2].clone(), torch.tensor([1, -1]))

for power in (1.0, 2.0, 3.0, inf):
    for swap in (False, True):
        add(
            f"triplet margin p {power}{' swap' if swap else ''}",
            lambda a, b, c, reduction: F.triplet_margin_loss(a, b, c, p=power, swap=swap, reduction=reduction),
            a, b, c, reductions=("none", "mean", "sum") if power == 2 else ("mean",),
        )  # fmt: skip
add("triplet margin eps", lambda a, b, c, reduction: F.triplet_margin_loss(a, b, c, margin=0.5, eps=0.1, reduction=reduction), a, b, c, reductions=("mean",))
add("triplet margin of vectors", lambda a, b, c, reduction: F.triplet_margin_loss(a, b, c, reduction=reduction), a[0].clone(), b[0].clone(), c[0].clone(), reductions=("none", "mean"))
for swap in (False, True):
    add(
        f"triplet margin with distance{' swap' if swap else ''}",
        lambda a, b, c, reduction: F.triplet_margin_with_distance_loss(
            a, b, c, distance_function=lambda x, y: (x - y).abs().amax(1), swap=swap, reduction=reduction
        ),
        a, b, c, reductions=("none", "mean"),
    )  # fmt: skip
    add(
        f"triplet margin with the default distance{' swap' if swap else ''}",
        lambda a, b, c, reduction: F.triplet_margin_with_distance_loss(a, b, c, margin=0.3, swap=swap, reduction=reduction),
        a, b, c, reductions=("none", "mean"),
    )  # fmt: skip

family.write()
