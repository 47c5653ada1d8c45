"""Linear algebra. Vectors that LAPACK gives up to signs are compared as functions that do not depend on them."""

import math

import torch
from reference import Family, numbers

family = Family("linalg")
L = torch.linalg


def eye(n, m=None):
    return torch.eye(n, m or n, dtype=torch.float64)


def regular(*shape):
    """Matrices far from singular."""
    return numbers(*shape) + 4 * eye(shape[-2], shape[-1])


def definite(*shape):
    x = numbers(*shape)
    return x @ x.mT + 2 * eye(shape[-1])


def symmetric(n):
    x = numbers(n, n, scale=0.6)
    return x + x.T + torch.diag(torch.arange(n, dtype=torch.float64) * 2)


three, batch = regular(3, 3), regular(2, 3, 3)
singular = torch.tensor([[1.0, 2, 3], [2, 4, 6], [0, 1, 5]], dtype=torch.float64)

family.add("inv", L.inv, three)
family.add("inv batch", L.inv, batch)
family.add("inv transposed", lambda x: L.inv(x.mT), batch)
family.add("det", L.det, three)
family.add("det batch", L.det, batch)
family.add("det of no rows", L.det, torch.zeros(0, 0, dtype=torch.float64))
family.add("det singular", L.det, singular, gradients=False)
family.add("slogdet", lambda x: L.slogdet(x)[1], -three)
family.add("slogdet sign", lambda x: L.slogdet(x)[0], -batch, gradients=False)
family.add("slogdet singular", lambda x: tuple(L.slogdet(x)), singular, gradients=False)
family.add("logdet", torch.logdet, batch)
family.add("logdet negative", torch.logdet, -three, gradients=False)
family.add("logdet singular", torch.logdet, singular, gradients=False)
family.add("solve", L.solve, three, numbers(3, 2))
family.add("solve vector", L.solve, three, numbers(3))
family.add("solve batch of vectors", L.solve, batch, numbers(2, 3))
family.add("solve broadcast", L.solve, three, numbers(2, 3, 2))
family.add("solve right", lambda a, b: L.solve(a, b, left=False), batch, numbers(4, 3))
for upper in (False, True):
    for left in (False, True):
        for unit in (False, True):
            name = f"solve_triangular {upper:d}{left:d}{unit:d}"
            right = numbers(3, 2) if left else numbers(2, 3)
            family.add(
                name,
                lambda a, b: L.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit),
                batch,
                right,
            )
family.add("triangular_solve", lambda b, a: torch.triangular_solve(b, a, transpose=True)[0], numbers(3, 2), three)
family.add("tensorinv", lambda x: L.tensorinv(x, ind=1), regular(6, 6).reshape(6, 2, 3))
family.add("tensorsolve", L.tensorsolve, regular(6, 6).reshape(2, 3, 6), numbers(2, 3))
family.add("tensorsolve dims", lambda a, b: L.tensorsolve(a, b, dims=(0,)), regular(6, 6).reshape(3, 6, 2), numbers(6))

family.add("cholesky", L.cholesky, definite(3, 3))
family.add("cholesky upper", lambda x: L.cholesky(x, upper=True), definite(2, 3, 3))
# One triangle of a factor is read, so that the gradient of the other is 0; 1.13 fills it.
family.add("cholesky_solve", lambda b, l: torch.cholesky_solve(b, l.tril()), numbers(3, 2), three)
family.add("cholesky_solve upper", lambda b, u: torch.cholesky_solve(b, u.triu(), upper=True), numbers(3, 2), batch)
family.add("cholesky_inverse", lambda l: torch.cholesky_inverse(l.tril()), three)
family.add("cholesky_inverse upper", lambda u: torch.cholesky_inverse(u.triu(), upper=True), three)

wide, tall = regular(2, 4), regular(4, 2)
for name, x in (("square", batch), ("wide", wide), ("tall", tall)):
    family.add(f"lu {name}", lambda x: tuple(L.lu(x)), x)
    family.add(f"lu_factor {name}", lambda x: tuple(L.lu_factor(x)), x.roll(1, -2))
    for mode in ("reduced", "complete"):
        if mode == "reduced" or name != "tall":
            family.add(f"qr {name} {mode}", lambda x: tuple(L.qr(x, mode=mode)), x)
family.add("qr tall complete", lambda x: tuple(L.qr(x, mode="complete")), tall, gradients=False)
family.add("qr tall r", lambda x: L.qr(x, mode="r")[1], tall, gradients=False)
for left in (False, True):
    for adjoint in (False, True):
        family.add(
            f"lu_solve {left:d}{adjoint:d}",
            lambda a, b: L.lu_solve(*L.lu_factor(a), b, left=left, adjoint=adjoint),
            batch.roll(1, -2),
            numbers(3, 2) if left else numbers(2, 3),
        )

family.add("eigvalsh", L.eigvalsh, symmetric(3))
family.add("eigvalsh upper", lambda x: L.eigvalsh(x, UPLO="U"), numbers(2, 4, 4), gradients=False)
family.add("eigh", lambda x: (L.eigh(x)[0], L.eigh(x)[1].square()), symmetric(4))
for name, x in (("square", batch), ("wide", wide), ("tall", tall)):
    family.add(f"svdvals {name}", L.svdvals, x)

    def invariant(x, full=False):
        u, s, vh = L.svd(x, full_matrices=full)
        k = s.shape[-1]
        return s, u[..., :k] @ vh[..., :k, :], u[..., :k].square(), vh[..., :k, :].abs()

    family.add(f"svd {name}", invariant, x)
    family.add(f"svd full {name}", lambda x: invariant(x, True), x)

many = regular(5, 3)
for driver in ("gels", "gelsy", "gelsd", "gelss"):
    family.add(f"lstsq {driver} tall", lambda a, b: tuple(L.lstsq(a, b, driver=driver))[:1], many, numbers(5, 2))
    family.add(
        f"lstsq {driver} all", lambda a, b: tuple(L.lstsq(a, b, driver=driver)), many, numbers(5, 2), gradients=False
    )
    family.add(f"lstsq {driver} wide", lambda a, b: L.lstsq(a, b, driver=driver)[0], many.mT.contiguous(), numbers(3, 2))
low = many[:, :1] * many[:1] + many[:, 1:2] * many[1:2]
family.add("lstsq low rank", lambda a, b: tuple(L.lstsq(a, b, driver="gelsd"))[:3], low, numbers(5, 2), gradients=False)
# No gradient of vectors in 1.13.
family.add("lstsq vectors", lambda a, b: L.lstsq(a, b)[0], regular(2, 4, 3), numbers(2, 4), gradients=False)
family.add("pinv tall", L.pinv, many)
family.add("pinv wide", L.pinv, many.mT.contiguous())
family.add("pinv low rank", lambda x: L.pinv(x, rtol=1e-10), low)
family.add("pinv hermitian", lambda x: L.pinv(x, hermitian=True), symmetric(3))
family.add("pinv atol", lambda x: L.pinv(x, atol=4.5), regular(3, 3))
family.add("pinv of no rows", L.pinv, torch.zeros(0, 3, dtype=torch.float64))
family.add("matrix_rank", L.matrix_rank, low, gradients=False)
family.add("matrix_rank hermitian", lambda x: L.matrix_rank(x, hermitian=True), low @ low.mT, gradients=False)
family.add("matrix_rank atol", lambda x: L.matrix_rank(x, atol=4.5, rtol=0.0), batch, gradients=False)
family.add("matrix_rank of no rows", L.matrix_rank, torch.zeros(2, 0, 3, dtype=torch.float64), gradients=False)

x = numbers(2, 3, 4)
for order in (0, 0.5, 1, 2, 3, -1, -2, math.inf, -math.inf):
    family.add(f"vector_norm {order}", lambda x: L.vector_norm(x, order), x)
    family.add(f"vector_norm {order} dims", lambda x: L.vector_norm(x, order, dim=(0, -1), keepdim=True), x)
for order in (1, -1, 2, -2, math.inf, -math.inf, "fro", "nuc"):
    family.add(f"matrix_norm {order}", lambda x: L.matrix_norm(x, order), x)
    family.add(f"matrix_norm {order} dims", lambda x: L.matrix_norm(x, order, dim=(2, 0), keepdim=True), x)
    family.add(f"norm {order} matrix", lambda x: L.norm(x, order), x[0])
    # By its definition: cond of 1.13 overwrites what its gradient needs.
    family.add(f"cond {order}", lambda x: L.matrix_norm(x, order) * L.matrix_norm(L.inv(x), order), batch)
family.add("norm", L.norm, x)
family.add("norm dim", lambda x: L.norm(x, 3, dim=1), x)
family.add("norm dims", lambda x: L.norm(x, dim=(0, 1)), x)
family.add("norm of float32", lambda x: L.norm(x, dtype=torch.float64), torch.tensor([3.0, 4.0], dtype=torch.float32))
family.add("cond singular", lambda x: L.cond(x, 1), singular, gradients=False)
family.add("cond rectangular", L.cond, wide)

for n in (-2, -1, 0, 1, 2, 3, 5, 8):
    family.add(f"matrix_power {n}", lambda x: L.matrix_power(x, n), regular(2, 3, 3) / 4, gradients=n != 0)
family.add("matrix_power of integers", lambda x: L.matrix_power(x, 3), torch.tensor([[1, 2], [3, 4]]))
# Around 1e-2 the exponential of 1.13 is good to 2e-12 only.
for scale in (0, 1e-9, 0.3, 1, 5):
    family.add(f"matrix_exp {scale}", L.matrix_exp, numbers(3, 3) * scale)
family.add("matrix_exp batch", L.matrix_exp, numbers(3, 2, 2) * torch.tensor([1e-3, 1, 4]).double().reshape(3, 1, 1))
family.add("vander", L.vander, numbers(2, 3))
family.add("vecdot", L.vecdot, numbers(2, 3), numbers(4, 1, 3))
family.add("vecdot dim", lambda x, y: L.vecdot(x, y, dim=0), numbers(2, 3), numbers(2, 1))
family.add("householder_product", L.householder_product, numbers(2, 4, 3), numbers(2, 3))
family.add("householder_product of fewer", L.householder_product, numbers(4, 3), numbers(2))
family.add("vander 5", lambda x: L.vander(x, N=5), torch.tensor([0.0, 2.0], dtype=torch.float64))
family.write()
