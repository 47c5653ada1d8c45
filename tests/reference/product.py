"""Products of vectors, matrices and batches of them."""

import torch

from reference import Family, numbers

family = Family("product")
add = family.add
v2, v3 = numbers(2), numbers(3)
m23, m34, m32 = numbers(2, 3), numbers(3, 4), numbers(3, 2)
b223, b234 = numbers(2, 2, 3), numbers(2, 3, 4)
nan = float("nan")
ints = torch.arange(6).reshape(2, 3)

# Every pair of ranks, sizes of 0 and 1 among them.
left = [(3,), (0,), (2, 3), (0, 3), (2, 0), (1, 3), (2, 2, 3), (0, 2, 3), (2, 1, 2, 3), (1, 2, 0)]
right = [(3,), (0,), (3, 2), (0, 2), (3, 0), (3, 1), (2, 3, 2), (2, 0, 1), (1, 3, 2), (2, 2, 3, 1)]
for a in left:
    for b in right:
        if a[-1] != b[-2 if len(b) > 1 else 0]:
            continue
        try:
            torch.broadcast_shapes(a[:-2], b[:-2])
        except RuntimeError:
            continue
        add(f"matmul {list(a)} {list(b)}", torch.matmul, numbers(*a), numbers(*b))
add("matmul integers", torch.matmul, ints, ints.t())
add("dot", torch.dot, v3, v3 + 1)
add("vdot", torch.vdot, v3, v3 + 1)
add("mv", torch.mv, m23, v3)
add("outer", torch.outer, v2, v3)
add("ger", torch.ger, v2, v3)
add("outer with nothing", torch.outer, v2, numbers(0))
add("inner vectors", torch.inner, v3, v3 - 1)
add("inner", torch.inner, b223, numbers(4, 3))
add("inner with a number", torch.inner, m23, numbers())

# beta self + alpha times a product.
add("addmm", torch.addmm, numbers(2, 4), m23, m34)
add("addmm row", lambda s, a, b: torch.addmm(s, a, b, beta=0.5, alpha=2), numbers(4), m23, m34)
add("addmm number", lambda s, a, b: torch.addmm(s, a, b, beta=-1, alpha=3), numbers(), m23, m34)
add("addmm ignores self", lambda s, a, b: torch.addmm(s, a, b, beta=0), torch.full((2, 4), nan).double(), m23, m34, gradients=False)
add("addmm alpha 0", lambda s, a, b: torch.addmm(s, a, b, alpha=0, beta=2), numbers(2, 4), m23, m34)
add("addmm no inner", lambda s, a, b: torch.addmm(s, a, b, beta=2), numbers(2, 4), numbers(2, 0), numbers(0, 4))
add("addmm no rows", lambda s, a, b: torch.addmm(s, a, b, beta=2), numbers(4), numbers(0, 3), m34)
add("addmm transposed", lambda s, a, b: torch.addmm(s.t(), a.t(), b.t(), beta=2, alpha=3), numbers(3, 2), m32, numbers(3, 3))
add("addmm integers", lambda s, a, b: torch.addmm(s, a, b, beta=2, alpha=3), torch.arange(2), ints, ints.t())
add("addmm_", lambda s, a, b: (s * 1).addmm_(a, b, beta=0.5, alpha=2), numbers(2, 4), m23, m34)
add("addmm_ through a view", lambda s, a, b: (s * 1).t().addmm_(a, b, beta=0.5), numbers(4, 2), m23, m34)
add("addmv", lambda s, a, b: torch.addmv(s, a, b, beta=2, alpha=3), v2, m23, v3)
add("addmv number", torch.addmv, numbers(), m23, v3)
add("addmv_", lambda s, a, b: (s * 1).addmv_(a, b, beta=2, alpha=3), v2, m23, v3)
add("addr", lambda s, a, b: torch.addr(s, a, b, beta=2, alpha=3), m23, v2, v3)
add("addr row", torch.addr, v3, v2, v3)
add("addr ignores self", lambda s, a, b: torch.addr(s, a, b, beta=0), torch.full((2, 3), nan).double(), v2, v3, gradients=False)
add("addr_", lambda s, a, b: (s * 1).addr_(a, b, beta=2, alpha=3), m23, v2, v3)
add("baddbmm", torch.baddbmm, numbers(2, 2, 4), b223, b234)
add("baddbmm row", lambda s, a, b: torch.baddbmm(s, a, b, beta=0.5, alpha=2), numbers(4), b223, b234)
add("baddbmm_", lambda s, a, b: (s * 1).baddbmm_(a, b, beta=2, alpha=3), numbers(2, 2, 4), b223, b234)
add("baddbmm no batch", torch.baddbmm, numbers(4), numbers(0, 2, 3), numbers(0, 3, 4))
add("addbmm", lambda s, a, b: torch.addbmm(s, a, b, beta=0.5, alpha=2), numbers(2, 4), b223, b234)
add("addbmm_", lambda s, a, b: (s * 1).addbmm_(a, b, beta=2), numbers(2, 4), b223, b234)
add("addbmm no batch", lambda s, a, b: torch.addbmm(s, a, b, beta=2), numbers(2, 4), numbers(0, 2, 3), numbers(0, 3, 4))

# Others.
add("bilinear", torch.nn.functional.bilinear, numbers(5, 3), numbers(5, 4), numbers(2, 3, 4), v2)
add("bilinear without bias", torch.nn.functional.bilinear, numbers(2, 2, 3), numbers(2, 2, 2), numbers(1, 3, 2))
add("bilinear vectors", torch.nn.functional.bilinear, v3, v2, numbers(2, 3, 2))
add("kron", torch.kron, m23, m32)
add("kron of other ranks", torch.kron, b223, v2)
add("kron with a number", torch.kron, numbers(), m23)
add("cross", torch.cross, m23, m23 + 1)
add("cross first dim of three", lambda a, b: torch.cross(a, b, dim=0), numbers(3, 3), numbers(3, 3) + 1)
add("cross dim", lambda a, b: torch.cross(a, b, dim=-2), m32, m32 + 1)
add("linalg_cross", torch.linalg.cross, m23, m23 * 2 - 1)
add("linalg_cross broadcast", lambda a, b: torch.linalg.cross(a, b, dim=0), m32, numbers(3, 1))
add("trace", torch.trace, m34)
add("trace of integers", torch.trace, ints.to(torch.int32))
add("trace of nothing", torch.trace, numbers(0, 3))
add("multi_dot", lambda *x: torch.linalg.multi_dot(x), m23, m32, m23, numbers(3, 1))
add("multi_dot vectors", lambda *x: torch.linalg.multi_dot(x), v2, m23, v3)
add("multi_dot a row", lambda *x: torch.linalg.multi_dot(x), v2, m23)
add("chain_matmul", torch.chain_matmul, m23, m34, numbers(4, 1))
add("chain_matmul one", lambda a: a * 1, m23)
add("tensordot", lambda a, b: torch.tensordot(a, b, ([1, 0], [0, 1])), numbers(2, 3, 2), numbers(3, 2, 4))
add("tensordot no dims", lambda a, b: torch.tensordot(a, b, ([], [])), v2, m23)
add("tensordot all dims", lambda a, b: torch.tensordot(a, b, ([0, 1], [1, 0])), m23, m32)
add("tensordot negative dims", lambda a, b: torch.tensordot(a, b, ([-1], [-2])), b223, m34)
add("tensordot a single element", lambda a, b: torch.tensordot(a, b, ([1], [0])), m23, numbers(1, 2))
add("tensordot empty", lambda a, b: torch.tensordot(a, b, ([1], [0])), numbers(2, 0), numbers(0, 2))

equations = {
    "ij,jk->ik": (m23, m34),
    "ij,jk": (m23, m34),
    "ba,cb": (m23, numbers(4, 2)),
    " i j -> j i ": (m23,),
    "ij->": (m23,),
    "ij->i": (m23,),
    "ii": (numbers(3, 3),),
    "ii->i": (numbers(3, 3),),
    "iii->i": (numbers(2, 2, 2),),
    "iij->ji": (numbers(2, 2, 3),),
    "i,i->": (v3, v3 + 1),
    "i,i->i": (v3, v3 + 1),
    "i,j->ij": (v2, v3),
    "i,j": (v2, v3),
    ",": (numbers(), numbers() + 1),
    ",ij->ji": (numbers(), m23),
    "ij,ij->": (m23, m23 - 1),
    "bij,bjk->bik": (b223, b234),
    "bij,bjk->ikb": (b223, b234),
    "bij,bjk->k": (b223, b234),
    "...ij,...jk->...ik": (numbers(2, 1, 2, 3), numbers(2, 3, 2)),
    "...ij,...jk": (b223, m34),
    "i...->...": (b223,),
    "...ii->...i": (numbers(2, 3, 3),),
    "a...b,b...a->...": (numbers(2, 3, 2), numbers(2, 1, 2)),
    "...,...": (m23, v3),
    "...i->i": (b223,),
    "bn,anm,bm->ba": (numbers(2, 3), numbers(2, 3, 2), numbers(2, 2)),
    "ij,jk,kl->il": (m23, m34, numbers(4, 2)),
    "ij,ik,il->jkl": (m23, numbers(2, 2), numbers(2, 1)),
    "ij,kj->": (m23, numbers(4, 3)),
    "ij,k->i": (m23, v2),
    "ii,ij->j": (numbers(2, 2), m23),
    "ij,ij->ij": (numbers(2, 1), numbers(2, 3)),
    "ij,jk->ik 0": (numbers(2, 0), numbers(0, 3)),
    "Ab,bA->A": (m23, m32),
    "bca": (b223,),
    "Ba": (m23,),
}
for equation, operands in equations.items():
    add(f"einsum {equation}", lambda *x: torch.einsum(equation.replace(" 0", ""), *x), *operands)
add("einsum path", lambda *x: torch.einsum("ij,jk,kl->il", *x), m23, m34, numbers(4, 2))

family.write()
