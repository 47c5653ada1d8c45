"""Normalisation by batch, attention, distances and bags of embeddings.

Attention is composed here: PyTorch 1.13 has no scale and gives NaN where a query sees no key, PyTorch 2 zeros.
cosine_similarity, too, is PyTorch 2's: each vector is divided by its norm. Bags scaled by frequency are left out:
PyTorch divides the gradients of some rows by how often others are looked up.
"""

import math

import torch
import torch.nn.functional as F

from reference import Family, numbers

family = Family("neural")
inf = float("inf")

# --- Normalisation
x, w, b = numbers(3, 4, 2), numbers(4, shift=0.3), numbers(4)
mean, var = numbers(4, scale=0.5), numbers(4, scale=0.4, shift=1.0)


def train(x, w, b, mean, var, momentum=0.1, eps=1e-5):
    mean, var = mean.detach().clone(), var.detach().clone()
    y = F.batch_norm(x, mean, var, w, b, True, momentum, eps)
    return y, mean, var


family.add("batch_norm training", train, x, w, b, mean, var)
family.add("batch_norm training, momentum 0.7", lambda *a: train(*a, momentum=0.7, eps=0.5), x, w, b, mean, var)
family.add("batch_norm training, 2 dimensions", train, numbers(5, 4), w, b, mean, var)
family.add("batch_norm training, 4 dimensions", train, numbers(2, 4, 2, 3), w, b, mean, var)
family.add("batch_norm training, plain", lambda x: F.batch_norm(x, None, None, training=True), x)
family.add("batch_norm training, weight", lambda x, w: F.batch_norm(x, None, None, w, training=True), x, w)
family.add("batch_norm training, equal values", lambda x: F.batch_norm(x, None, None, training=True),
           torch.full((3, 2), 1.5, dtype=torch.float64))
family.add("batch_norm training, NaN", lambda x: F.batch_norm(x, None, None, training=True),
           torch.tensor([[1.0, 2.0], [3.0, float("nan")], [inf, 0.0]], dtype=torch.float64), gradients=False)
family.add("batch_norm evaluation", lambda x, w, b, m, v: F.batch_norm(x, m.detach(), v.detach(), w, b), x, w, b, mean,
           var)
family.add("batch_norm evaluation, plain", lambda x, m, v: F.batch_norm(x, m.detach(), v.detach()), x, mean, var)


def train_instances(x, w, b, mean, var):
    mean, var = mean.detach().clone(), var.detach().clone()
    y = F.instance_norm(x, mean, var, w, b, True, 0.3, 1e-3)
    return y, mean, var


images = numbers(2, 4, 3, 2)
family.add("instance_norm", lambda x: F.instance_norm(x), images)
family.add("instance_norm affine", lambda x, w, b: F.instance_norm(x, weight=w, bias=b), images, w, b)
family.add("instance_norm running", train_instances, images, w, b, mean, var)
family.add("instance_norm evaluation",
           lambda x, w, b, m, v: F.instance_norm(x, m.detach(), v.detach(), w, b, use_input_stats=False), images, w, b,
           mean, var)
for size in (1, 2, 3, 5, 9):
    family.add(f"local_response_norm {size}",
               lambda x: F.local_response_norm(x, size, alpha=0.5, beta=0.6, k=1.2), numbers(2, 5, 3))
family.add("local_response_norm 4 dimensions", lambda x: F.local_response_norm(x, 3, 0.7), images)
family.add("CrossMapLRN2d", lambda x: torch.nn.CrossMapLRN2d(3, 0.5, 0.6, 2.0)(x), images, gradients=False)

# --- Attention
q, k, v = numbers(2, 3, 4), numbers(2, 5, 4), numbers(2, 5, 3)


def attention(q, k, v, mask=None, scale=None):
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if mask is None:
        return scores.softmax(-1) @ v
    if mask.dtype != torch.bool:
        return (scores + mask).softmax(-1) @ v
    blind = ~mask.any(-1, keepdim=True).expand_as(scores)
    scores = scores.masked_fill(~mask & ~blind, -inf)
    return scores.softmax(-1).masked_fill(blind, 0) @ v


boolean = numbers(3, 5) > 0
blind = boolean.clone()
blind[1] = False
family.add("attention", attention, q, k, v)
family.add("attention scale", lambda q, k, v: attention(q, k, v, scale=0.3), q, k, v)
family.add("attention causal", lambda q, k, v: attention(q, k, v, torch.ones(3, 5, dtype=torch.bool).tril()), q, k, v)
family.add("attention mask", attention, q, k, v, numbers(3, 5))
family.add("attention broadcast mask", attention, q, k, v, numbers(2, 1, 5))
family.add("attention bool mask", attention, q, k, v, boolean)
family.add("attention blind query", attention, q, k, v, blind)
family.add("attention heads", attention, numbers(2, 2, 3, 4), numbers(1, 2, 5, 4), numbers(2, 1, 5, 2))


def multihead(q, k, v, in_w, in_b, out_w, out_b, average=True, **more):
    out, weights = F.multi_head_attention_forward(q, k, v, 4, 2, in_w, in_b, more.pop("bias_k", None),
                                                  more.pop("bias_v", None), more.pop("zero", False), 0.0, out_w, out_b,
                                                  average_attn_weights=average, **more)
    return out, weights


mq, mk, mv = numbers(3, 2, 4), numbers(5, 2, 4), numbers(5, 2, 4, shift=0.1)
projections = (numbers(12, 4, scale=0.8), numbers(12), numbers(4, 4), numbers(4))
padding = torch.tensor([[0, 0, 1, 0, 0], [0, 1, 0, 0, 1]], dtype=torch.bool)
family.add("multihead", multihead, mq, mk, mv, *projections)
family.add("multihead self", lambda q, *p: multihead(q, q, q, *p), mq, *projections)
family.add("multihead every head", lambda *a: multihead(*a, average=False), mq, mk, mv, *projections)
family.add("multihead masks",
           lambda q, k, v, iw, ib, ow, ob, m, p: multihead(q, k, v, iw, ib, ow, ob, attn_mask=m, key_padding_mask=p),
           mq, mk, mv, *projections, numbers(3, 5), padding)
family.add("multihead bool mask",
           lambda q, k, v, iw, ib, ow, ob, m: multihead(q, k, v, iw, ib, ow, ob, attn_mask=m), mq, mk, mv, *projections,
           numbers(3, 5) > 0.5)
family.add("multihead added keys",
           lambda q, k, v, iw, ib, ow, ob, bk, bv: multihead(q, k, v, iw, ib, ow, ob, bias_k=bk, bias_v=bv, zero=True),
           mq, mk, mv, *projections, numbers(1, 1, 4), numbers(1, 1, 4, shift=0.2))

# --- Distances
a, c = numbers(3, 4), numbers(2, 4, shift=0.2)
tied = torch.tensor([[1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf):
    family.add(f"cdist {p}", lambda x, y: torch.cdist(x, y, p), a, c)
    family.add(f"cdist ties {p}", lambda x: torch.cdist(x, x[1:].detach(), p), tied)
    family.add(f"pdist {p}", lambda x: F.pdist(x, p), a)
    family.add(f"pairwise_distance {p}", lambda x, y: F.pairwise_distance(x, y, p), a[:2].clone(), c)
family.add("cdist product", lambda x, y: torch.cdist(x, y, 2.0, "use_mm_for_euclid_dist"), a, c)
family.add("cdist batches", torch.cdist, numbers(2, 1, 3, 2), numbers(3, 2, 2, shift=0.3))
family.add("cdist no columns", torch.cdist, torch.zeros(3, 0, dtype=torch.float64), torch.zeros(2, 0, dtype=torch.float64),
           gradients=False)
family.add("cdist no rows", torch.cdist, torch.zeros(0, 2, dtype=torch.float64), c[:, :2].clone(), gradients=False)
family.add("pairwise_distance keepdim", lambda x, y: F.pairwise_distance(x, y, 2.0, 0.1, True), a, c[:1].clone())
family.add("pairwise_distance vectors", lambda x, y: F.pairwise_distance(x, y), a[0].clone(), c[1].clone())


def cosine(x, y, dim=1, eps=1e-8):
    x, y = torch.broadcast_tensors(x, y)
    nx, ny = x.norm(2, dim, True), y.norm(2, dim, True)
    nx, ny = nx + (nx.clamp_min(eps) - nx).detach(), ny + (ny.clamp_min(eps) - ny).detach()
    return (x / nx * (y / ny)).sum(dim)


family.add("cosine_similarity", cosine, a[:2].clone(), c)
family.add("cosine_similarity dim 0", lambda x, y: cosine(x, y, 0), numbers(3, 2), numbers(3, 1, shift=0.1))
family.add("cosine_similarity small", lambda x, y: cosine(x, y, -1, 100.0), a[0].clone(), c[1].clone())
family.add("cosine_similarity zero", lambda x, y: cosine(x, y, 0), torch.zeros(3, dtype=torch.float64), numbers(3))
for p in (1.0, 2.0, inf):
    family.add(f"normalize {p}", lambda x: F.normalize(x, p, 1, 1e-12), numbers(2, 3, 2))
family.add("normalize small", lambda x: F.normalize(x, 2.0, -1, 50.0), a)
family.add("normalize zero", lambda x: F.normalize(x, 2.0, 0), torch.zeros(3, dtype=torch.float64))

# --- Bags of embeddings
table = numbers(6, 3)
indices = torch.tensor([3, 1, 3, 0, 4, 1, 3, 3])
offsets = torch.tensor([0, 3, 3, 6])
factors = numbers(8, shift=0.1)
for mode in ("sum", "mean", "max"):
    family.add(f"embedding_bag {mode}", lambda t: F.embedding_bag(indices, t, offsets, mode=mode), table)
    family.add(f"embedding_bag {mode} matrix", lambda t: F.embedding_bag(indices.reshape(2, 4), t, mode=mode), table)
    family.add(f"embedding_bag {mode} padding",
               lambda t: F.embedding_bag(indices, t, offsets, mode=mode, padding_idx=3), table)
    family.add(f"embedding_bag {mode} last offset",
               lambda t: F.embedding_bag(indices, t, torch.tensor([0, 3, 8]), mode=mode, include_last_offset=True),
               table)
family.add("embedding_bag factors",
           lambda t, f: F.embedding_bag(indices, t, offsets, mode="sum", per_sample_weights=f), table, factors)
family.add("embedding_bag factors, padding",
           lambda t, f: F.embedding_bag(indices, t, offsets, mode="sum", per_sample_weights=f, padding_idx=-5), table,
           factors)
family.add("embedding_bag max of ties", lambda t: F.embedding_bag(torch.tensor([[0, 1, 2]]), t, mode="max"), tied)

family.write()
