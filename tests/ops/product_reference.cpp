#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;

#define XGRAD_CASE(name, ...)                                                               \
    Case {                                                                                  \
        name, [=]([[maybe_unused]] const TensorList& x) { return TensorList{__VA_ARGS__}; } \
    }

namespace {

std::vector<Case> products() {
    return {
        XGRAD_CASE("matmul integers", x[0].matmul(x[1])),
        XGRAD_CASE("dot", dot(x[0], x[1])),
        XGRAD_CASE("vdot", vdot(x[0], x[1])),
        XGRAD_CASE("mv", mv(x[0], x[1])),
        XGRAD_CASE("outer", outer(x[0], x[1])),
        XGRAD_CASE("ger", x[0].ger(x[1])),
        XGRAD_CASE("outer with nothing", x[0].outer(x[1])),
        XGRAD_CASE("inner vectors", inner(x[0], x[1])),
        XGRAD_CASE("inner", x[0].inner(x[1])),
        XGRAD_CASE("inner with a number", inner(x[0], x[1])),
        XGRAD_CASE("addmm", addmm(x[0], x[1], x[2])),
        XGRAD_CASE("addmm row", addmm(x[0], x[1], x[2], 0.5, 2)),
        XGRAD_CASE("addmm number", x[0].addmm(x[1], x[2], -1, 3)),
        XGRAD_CASE("addmm ignores self", addmm(x[0], x[1], x[2], 0)),
        XGRAD_CASE("addmm alpha 0", addmm(x[0], x[1], x[2], 2, 0)),
        XGRAD_CASE("addmm no inner", addmm(x[0], x[1], x[2], 2)),
        XGRAD_CASE("addmm no rows", addmm(x[0], x[1], x[2], 2)),
        XGRAD_CASE("addmm transposed", addmm(x[0].t(), x[1].t(), x[2].t(), 2, 3)),
        XGRAD_CASE("addmm integers", addmm(x[0], x[1], x[2], 2, 3)),
        XGRAD_CASE("addmm_", (x[0] * 1).addmm_(x[1], x[2], 0.5, 2)),
        XGRAD_CASE("addmm_ through a view", (x[0] * 1).t().addmm_(x[1], x[2], 0.5)),
        XGRAD_CASE("addmv", addmv(x[0], x[1], x[2], 2, 3)),
        XGRAD_CASE("addmv number", x[0].addmv(x[1], x[2])),
        XGRAD_CASE("addmv_", (x[0] * 1).addmv_(x[1], x[2], 2, 3)),
        XGRAD_CASE("addr", addr(x[0], x[1], x[2], 2, 3)),
        XGRAD_CASE("addr row", x[0].addr(x[1], x[2])),
        XGRAD_CASE("addr ignores self", addr(x[0], x[1], x[2], 0)),
        XGRAD_CASE("addr_", (x[0] * 1).addr_(x[1], x[2], 2, 3)),
        XGRAD_CASE("baddbmm", baddbmm(x[0], x[1], x[2])),
        XGRAD_CASE("baddbmm row", x[0].baddbmm(x[1], x[2], 0.5, 2)),
        XGRAD_CASE("baddbmm_", (x[0] * 1).baddbmm_(x[1], x[2], 2, 3)),
        XGRAD_CASE("baddbmm no batch", baddbmm(x[0], x[1], x[2])),
        XGRAD_CASE("addbmm", addbmm(x[0], x[1], x[2], 0.5, 2)),
        XGRAD_CASE("addbmm_", (x[0] * 1).addbmm_(x[1], x[2], 2)),
        XGRAD_CASE("addbmm no batch", x[0].addbmm(x[1], x[2], 2)),
        XGRAD_CASE("bilinear", bilinear(x[0], x[1], x[2], x[3])),
        XGRAD_CASE("bilinear without bias", bilinear(x[0], x[1], x[2])),
        XGRAD_CASE("bilinear vectors", bilinear(x[0], x[1], x[2])),
        XGRAD_CASE("kron", kron(x[0], x[1])),
        XGRAD_CASE("kron of other ranks", x[0].kron(x[1])),
        XGRAD_CASE("kron with a number", kron(x[0], x[1])),
        XGRAD_CASE("cross", cross(x[0], x[1])),
        XGRAD_CASE("cross first dim of three", x[0].cross(x[1])),
        XGRAD_CASE("cross dim", x[0].cross(x[1], -2)),
        XGRAD_CASE("linalg_cross", linalg_cross(x[0], x[1])),
        XGRAD_CASE("linalg_cross broadcast", linalg_cross(x[0], x[1], 0)),
        XGRAD_CASE("trace", trace(x[0])),
        XGRAD_CASE("trace of integers", x[0].trace()),
        XGRAD_CASE("trace of nothing", x[0].trace()),
        XGRAD_CASE("multi_dot", linalg_multi_dot(x)),
        XGRAD_CASE("multi_dot vectors", linalg_multi_dot(x)),
        XGRAD_CASE("multi_dot a row", linalg::multi_dot(x)),
        XGRAD_CASE("chain_matmul", chain_matmul(x)),
        XGRAD_CASE("chain_matmul one", chain_matmul(x)),
        XGRAD_CASE("tensordot", tensordot(x[0], x[1], {1, 0}, {0, 1})),
        XGRAD_CASE("tensordot no dims", tensordot(x[0], x[1], {}, {})),
        XGRAD_CASE("tensordot all dims", tensordot(x[0], x[1], {0, 1}, {1, 0})),
        XGRAD_CASE("tensordot negative dims", tensordot(x[0], x[1], -1, -2)),
        XGRAD_CASE("tensordot a single element", tensordot(x[0], x[1], 1, 0)),
        XGRAD_CASE("tensordot empty", tensordot(x[0], x[1], 1, 0)),
        XGRAD_CASE("einsum ij,jk->ik 0", einsum("ij,jk->ik", x)),
        XGRAD_CASE("einsum path", einsum("ij,jk,kl->il", x, IntArrayRef({1, 2, 0, 1}))),
    };
}

constexpr const char* kEquations[] = {"ij,jk->ik",
                                      "ij,jk",
                                      "ba,cb",
                                      " i j -> j i ",
                                      "ij->",
                                      "ij->i",
                                      "ii",
                                      "ii->i",
                                      "iii->i",
                                      "iij->ji",
                                      "i,i->",
                                      "i,i->i",
                                      "i,j->ij",
                                      "i,j",
                                      ",",
                                      ",ij->ji",
                                      "ij,ij->",
                                      "bij,bjk->bik",
                                      "bij,bjk->ikb",
                                      "bij,bjk->k",
                                      "...ij,...jk->...ik",
                                      "...ij,...jk",
                                      "i...->...",
                                      "...ii->...i",
                                      "a...b,b...a->...",
                                      "...,...",
                                      "...i->i",
                                      "bn,anm,bm->ba",
                                      "ij,jk,kl->il",
                                      "ij,ik,il->jkl",
                                      "ij,kj->",
                                      "ij,k->i",
                                      "ii,ij->j",
                                      "ij,ij->ij",
                                      "Ab,bA->A",
                                      "bca",
                                      "Ba"};

/// Products of tensors of every pair of ranks: those that can be multiplied.
std::vector<Case> matmuls() {
    using Shape = std::vector<std::int64_t>;
    const Shape left[] = {{3}, {0}, {2, 3}, {0, 3}, {2, 0}, {1, 3}, {2, 2, 3}, {0, 2, 3}, {2, 1, 2, 3}, {1, 2, 0}},
                right[] = {{3}, {0}, {3, 2}, {0, 2}, {3, 0}, {3, 1}, {2, 3, 2}, {2, 0, 1}, {1, 3, 2}, {2, 2, 3, 1}};
    std::vector<Case> out;
    for (const Shape& a : left)
        for (const Shape& b : right) {
            if (a.back() != (b.size() > 1 ? b[b.size() - 2] : b[0])) continue;
            if (a == Shape{0, 2, 3} && b.size() > 2 && b[0] != 1) continue;  // batches that do not broadcast
            out.push_back(XGRAD_CASE(detail::join("matmul ", IntArrayRef(a), ' ', IntArrayRef(b)), matmul(x[0], x[1])));
        }
    return out;
}

}  // namespace

TEST_CASE("products agree with PyTorch") {
    std::vector<Case> all = products();
    for (const Case& c : matmuls()) all.push_back(c);
    for (const char* equation : kEquations)
        all.push_back(XGRAD_CASE(std::string("einsum ") + equation, einsum(equation, x)));
    reference::check("product", all);
}
