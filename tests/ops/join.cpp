#include <doctest/doctest.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

std::vector<Sample> join_samples() {
    const auto cat_along = [](std::int64_t dim) { return [dim](const TensorList& x) { return cat(x, dim); }; };
    const auto stack_along = [](std::int64_t dim) { return [dim](const TensorList& x) { return stack(x, dim); }; };
    return {
        {"cat", cat_along(0), {{2, 3}, {1, 3}, {3, 3}}},
        {"cat", cat_along(1), {{2, 3}, {2, 1}}},
        {"cat", cat_along(-2), {{2, 1, 2}, {2, 3, 2}}},
        {"cat", cat_along(0), {{2}, {0}, {3}}},
        {"cat", cat_along(1), {{2, 0}, {2, 2}}},
        {"cat", cat_along(0), {{0, 3}, {0, 3}}},
        {"cat", cat_along(0), {{4}}},
        // Products between the parts, so that the second derivative is not zero.
        {"cat",
         [](const TensorList& x) {
             return cat({x[0] * x[1], x[1] * x[1]}, 1);
         },
         {{2, 2}, {2, 2}}},
        {"stack", stack_along(0), {{2, 3}, {2, 3}}},
        {"stack", stack_along(-1), {{2, 3}, {2, 3}, {2, 3}}},
        {"stack", stack_along(1), {{2, 2}, {2, 2}}},
        {"stack", stack_along(0), {{}, {}}},
        {"stack", stack_along(0), {{0, 2}, {0, 2}}},
        {"stack",
         [](const TensorList& x) {
             return stack({x[0] * x[1], x[0]}, 0);
         },
         {{3}, {3}}},
    };
}

std::vector<WrongInput> join_wrong() {
    static const Tensor x = zeros({2, 3});
    return {
        {"cat", [] { cat({}); }, "expected a non-empty list of Tensors"},
        {"cat",
         [] {
             cat({x, Tensor()});
         },
         "undefined"},
        {"cat",
         [] {
             cat({x, zeros({2, 4})});
         },
         "must match except in dimension 0: got (2, 3) for tensor number 0 and (2, 4) for tensor number 1"},
        {"cat",
         [] {
             cat({zeros({0}), x, x, zeros({3})}, 1);
         },
         "got (2, 3) for tensor number 1 and (3,) for tensor number 3"},
        {"cat",
         [] {
             cat({x, scalar_tensor(1)});
         },
         "zero-dimensional tensor (at position 1) cannot be concatenated"},
        {"cat", [] { cat({x}, 2); }, "expected to be in range of [-2, 1], but got 2"},
        {"stack", [] { stack({}); }, "expected a non-empty list of Tensors"},
        {"stack",
         [] {
             stack({x, zeros({3})});
         },
         "to be equal size, but got (2, 3) at entry 0 and (3,) at entry 1"},
        {"stack", [] { stack({x}, 3); }, "expected to be in range of [-3, 2], but got 3"},
    };
}

}  // namespace samples

TEST_CASE("cat and stack: values") {
    const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}});
    struct Case {
        Tensor got, expected;
    };
    const Case cases[] = {
        {cat({a, b}), tensor({{1, 2}, {3, 4}, {5, 6}})},
        {cat({a, a.t()}, 1), tensor({{1, 2, 1, 3}, {3, 4, 2, 4}})},
        {cat({a, a.slice(1, 1)}, -1), tensor({{1, 2, 2}, {3, 4, 4}})},
        {cat({b.expand({2, 2}), zeros({0}, kInt64)}), tensor({{5, 6}, {5, 6}})},
        {stack({a, a}), tensor({{{1, 2}, {3, 4}}, {{1, 2}, {3, 4}}})},
        {stack({a, a.t()}, 1), tensor({{{1, 2}, {1, 3}}, {{3, 4}, {2, 4}}})},
        {stack({a, a.t()}, 2), tensor({{{1, 1}, {2, 3}}, {{3, 2}, {4, 4}}})},
        {stack({tensor(1), tensor(2)}), tensor({1, 2})},
        {cat({tensor({true}), tensor({false})}), tensor({true, false})},
    };
    for (const Case& c : cases) {
        CHECK(c.got.sizes() == c.expected.sizes());
        CHECK(c.got.is_contiguous());
        CHECK(c.got.equal(c.expected));
    }
    CHECK(cat({zeros({0}), zeros({0})}).sizes() == IntArrayRef({0}));
    CHECK(cat({zeros({2, 0}), zeros({2, 0})}).sizes() == IntArrayRef({4, 0}));
    CHECK(stack({zeros({0, 2})}, 1).sizes() == IntArrayRef({0, 1, 2}));
}

TEST_CASE("cat and stack promote the dtypes of their parts and return gradients in them") {
    const Tensor f = ones({2}, requires_grad()), d = ones({1}, dtype(kFloat64).requires_grad(true)),
                 i = ones({1}, kInt32);
    CHECK(cat({i, ones({1}, kInt64)}).dtype() == kInt64);
    CHECK(cat({i, f}).dtype() == kFloat32);
    CHECK(stack({tensor(true), tensor(2)}).equal(tensor({1, 2})));
    const Tensor joined = cat({f, i, d});
    CHECK(joined.dtype() == kFloat64);
    const TensorList grads = autograd::grad({joined}, {f, d}, {tensor({1., 2., 3., 4.}, kFloat64)});
    CHECK(grads[0].equal(tensor({1., 2.})));
    CHECK(grads[1].equal(tensor({4.}, kFloat64)));
}

TEST_CASE("cat gives a part that was left out an empty gradient") {
    const Tensor x = ones({2, 2}, requires_grad()), none = ones({0}, requires_grad());
    const TensorList grads = autograd::grad({cat({x, none}, 1)}, {x, none}, {ones({2, 2})});
    CHECK(grads[0].sizes() == IntArrayRef({2, 2}));
    CHECK(grads[1].sizes() == IntArrayRef({0}));
}
