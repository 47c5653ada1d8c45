#include <xgrad/autograd/ops/reduction/scan.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

namespace {

/// Two zeros in the first row and the last column, one in the second row, none in the third.
TensorList with_zeros() { return {tensor({{2., 0., 3., 0.}, {0.5, -1.5, 0., 0.}, {-1., 2.5, 1.5, 0.7}}, kFloat64)}; }

}  // namespace

/// Products, variances and scans.
std::vector<Sample> scan_samples() {
    return {
        {"prod", [](const TensorList& x) { return x[0].prod().sin(); }, {{2, 3}}},
        {"prod", [](const TensorList& x) { return x[0].prod(1).sin(); }, {{2, 3, 2}}},
        {"prod", [](const TensorList& x) { return x[0].prod(-1, true).square(); }, {{2, 3}}},
        {"prod", [](const TensorList& x) { return x[0].prod().exp(); }, {{}}},
        {"prod", [](const TensorList& x) { return x[0].prod(0).exp() * x[0].prod(); }, {{0, 3}}},
        {"prod", [](const TensorList& x) { return (x[0].prod() + x[0]).square(); }, {}, true, with_zeros},
        {"prod", [](const TensorList& x) { return (x[0].prod(0) + x[0]).square(); }, {}, true, with_zeros},
        {"prod", [](const TensorList& x) { return (x[0].prod(1, true) + x[0]).square(); }, {}, true, with_zeros},
        {"var", [](const TensorList& x) { return x[0].var().square(); }, {{2, 3}}},
        {"var", [](const TensorList& x) { return x[0].var(0).square(); }, {{3, 2, 2}}},
        {"var",
         [](const TensorList& x) {
             return x[0].var({0, -1}, 2, true).sin();
         },
         {{2, 3, 2}}},
        {"var", [](const TensorList& x) { return std::get<0>(var_mean(x[0], 1, false)).exp(); }, {{2, 1}}},
        {"var", [](const TensorList& x) { return x[0].var(0, false); }, {{}}},
        {"var", [](const TensorList& x) { return x[0].var(1); }, {{0, 3}}},
        {"std", [](const TensorList& x) { return x[0].std().square(); }, {{2, 3}}},
        {"std", [](const TensorList& x) { return x[0].std(-1, false, true).sin(); }, {{2, 3}}},
        {"std",
         [](const TensorList& x) {
             const auto [s, m] = std_mean(x[0], {1, 2});
             return s * m;
         },
         {{2, 3, 2}}},
        {"cumsum", [](const TensorList& x) { return x[0].cumsum(0).sin(); }, {{3, 2}}},
        {"cumsum", [](const TensorList& x) { return x[0].cumsum(-1).square(); }, {{2, 3}}},
        {"cumsum", [](const TensorList& x) { return x[0].cumsum(1).square(); }, {{2, 3, 2}}},
        {"cumsum", [](const TensorList& x) { return x[0].cumsum(0).exp(); }, {{}}},
        {"cumsum", [](const TensorList& x) { return x[0].cumsum(1); }, {{2, 0}}},
        {"cumsum", [](const TensorList& x) { return x[0].sin().cumsum_(1).exp(); }, {{2, 3}}},
        {"cumprod", [](const TensorList& x) { return x[0].cumprod(0).sin(); }, {{3, 2}}},
        {"cumprod", [](const TensorList& x) { return x[0].cumprod(1).sin(); }, {{2, 1, 3}}},
        {"cumprod", [](const TensorList& x) { return x[0].cumprod(0); }, {{}}},
        {"cumprod", [](const TensorList& x) { return x[0].sin().cumprod_(-1).exp(); }, {{2, 3}}},
        {"cumprod", [](const TensorList& x) { return x[0].cumprod(0); }, {{0, 2}}},
        {"cumprod", [](const TensorList& x) { return (x[0].cumprod(0) + x[0]).square(); }, {}, true, with_zeros},
        {"cumprod", [](const TensorList& x) { return (x[0].cumprod(1) + x[0]).square(); }, {}, true, with_zeros},
        {"linear_recurrence",
         [](const TensorList& x) { return ops::linear_recurrence(x[0], x[1], 1, false).sin(); },
         {{2, 3}, {2, 3}}},
        {"linear_recurrence",
         [](const TensorList& x) { return ops::linear_recurrence(x[0], x[1], 0, true).sin(); },
         {{3, 2}, {3, 2}}},
        {"linear_recurrence",
         [](const TensorList& x) { return ops::linear_recurrence(x[0], x[1], 0, true); },
         {{}, {}}},
        {"logcumsumexp", [](const TensorList& x) { return x[0].logcumsumexp(0).sin(); }, {{3, 2}}},
        {"logcumsumexp", [](const TensorList& x) { return x[0].logcumsumexp(-1).square(); }, {{2, 3}}},
        {"logcumsumexp", [](const TensorList& x) { return x[0].logcumsumexp(0).sin(); }, {{}}},
        {"logcumsumexp", [](const TensorList& x) { return x[0].logcumsumexp(0); }, {{2, 0}}},
        {"cummax", [](const TensorList& x) { return std::get<0>(x[0].cummax(0)).square(); }, {{4, 2}}},
        {"cummax", [](const TensorList& x) { return std::get<0>(x[0].cummax(-1)).sin(); }, {{2, 4}}},
        {"cummin", [](const TensorList& x) { return std::get<0>(x[0].cummin(1)).square(); }, {{2, 3, 2}}},
        {"cummin", [](const TensorList& x) { return std::get<0>(x[0].cummin(0)).sin(); }, {{}}},
    };
}

std::vector<WrongInput> scan_wrong() {
    static const Tensor x = zeros({2, 3}), n = zeros({2, 3}, kInt64), none = zeros({0, 2});
    const char* range = "Dimension out of range (expected to be in range of [-2, 1], but got ";
    const char* floating = "std and var only support floating point and complex dtypes, got Long";
    return {
        {"prod", [] { x.prod(2); }, range},
        {"prod", [] { x.prod(-3, true); }, range},
        {"var", [] { x.var(2); }, range},
        {"var",
         [] {
             x.var({0, -2});
         },
         "appears multiple times in the list of dims"},
        {"var", [] { n.var(); }, floating},
        {"std", [] { x.std(IntArrayRef{-3}, false); }, range},
        {"std", [] { n.std(0, 2); }, floating},
        {"var", [] { var_mean(n); }, floating},
        {"std", [] { std_mean(n, true); }, floating},
        {"nanmean", [] { n.nanmean(); }, "floating point"},
        {"sum", [] { x.nansum(2); }, range},
        {"any", [] { x.any(2); }, range},
        {"any",
         [] {
             x.any({1, 1});
         },
         "appears multiple times"},
        {"all", [] { x.all(-3); }, range},
        {"all",
         [] {
             x.all({0, -2});
         },
         "appears multiple times"},
        {"count_nonzero", [] { x.count_nonzero(2); }, range},
        {"count_nonzero",
         [] {
             x.count_nonzero({1, -1});
         },
         "appears multiple times"},
        {"aminmax", [] { none.aminmax(); }, "Expected reduction dim to be specified"},
        {"aminmax", [] { none.aminmax(0); }, "Expected reduction dim 0 to have non-zero size"},
        {"norm", [] { n.norm(); }, "Expected a floating point tensor as input. Got Long"},
        {"norm", [] { x.norm(2, kInt64); }, "Got Long"},
        {"norm", [] { x.norm("nuc"); }, "must be a number or \"fro\""},
        {"cumsum", [] { x.cumsum(2); }, range},
        {"cumsum_", [] { x.clone().cumsum_(-3); }, range},
        {"cumsum_", [] { x.clone().cumsum_(0, kFloat64); }, "provided dtype must match the dtype of self"},
        {"cumprod", [] { x.cumprod(2); }, range},
        {"cumprod_", [] { n.clone().cumprod_(0, kFloat64); }, "Got Long and Double"},
        {"cummax", [] { x.cummax(2); }, range},
        {"cummax", [] { x.cummax(-3); }, range},
        {"cummin", [] { x.cummin(2); }, range},
        {"cummin", [] { x.cummin(-3); }, range},
        {"logcumsumexp", [] { x.logcumsumexp(2); }, range},
        {"logcumsumexp", [] { n.logcumsumexp(0); }, "not implemented for 'Long'"},
    };
}

}  // namespace samples
