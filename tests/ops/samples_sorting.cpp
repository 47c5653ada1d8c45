#include "samples.h"

using namespace xgrad;

namespace samples {

/// Along dimensions in which inputs differ, expanded ones too: tests/ops/sorting.cpp has the others.
std::vector<Sample> sorting_samples() {
    const auto sorted = [](std::int64_t dim, bool descending) {
        return [=](const TensorList& x) { return std::get<0>(x[0].sort(dim, descending)).square(); };
    };
    const auto top = [](std::int64_t k, std::int64_t dim, bool largest) {
        return [=](const TensorList& x) { return std::get<0>(x[0].topk(k, dim, largest)).square(); };
    };
    const auto kth = [](std::int64_t k, std::int64_t dim, bool keepdim) {
        return [=](const TensorList& x) { return std::get<0>(x[0].kthvalue(k, dim, keepdim)).square(); };
    };
    const auto middle = [](std::int64_t dim, bool keepdim) {
        return [=](const TensorList& x) { return std::get<0>(x[0].median(dim, keepdim)).square(); };
    };
    return {
        {"sort", sorted(-1, false), {{2, 4}}},
        {"sort", sorted(1, true), {{2, 3, 2}}},
        {"sort", sorted(1, false), {{3, 1}}},
        {"sort", sorted(1, false), {{2, 0}}},
        {"sort", sorted(0, false), {{}}},
        {"topk", top(2, -1, true), {{2, 4}}},
        {"topk", top(2, 1, false), {{2, 3, 2}}},
        {"topk", top(0, 1, true), {{2, 3}}},
        {"topk", top(1, 0, true), {{}}},
        {"kthvalue", kth(2, -1, false), {{2, 4}}},
        {"kthvalue", kth(3, 1, true), {{2, 3, 2}}},
        {"kthvalue", kth(1, 0, false), {{}}},
        {"median", middle(-1, false), {{2, 4}}},
        {"median", middle(1, true), {{2, 3, 2}}},
        {"median", [](const TensorList& x) { return x[0].median().square(); }, {{}}},
        {"nanmedian", [](const TensorList& x) { return std::get<0>(x[0].nanmedian(1)).square(); }, {{2, 4}}},
        {"mode", [](const TensorList& x) { return std::get<0>(x[0].mode(1)).square(); }, {{2, 4}}},
        {"mode", [](const TensorList& x) { return std::get<0>(x[0].mode(-1, true)).square(); }, {{2, 3}}},
    };
}

std::vector<WrongInput> sorting_wrong() {
    static const Tensor x = zeros({3, 4}), none = zeros({3, 0}), q = tensor({0.5});
    static const Tensor line = tensor({1., 2., 3.});
    return {
        {"sort", [] { x.sort(2); }, "expected to be in range of [-2, 1], but got 2"},
        {"sort", [] { sort(Tensor()); }, "undefined"},
        {"topk", [] { x.topk(5); },
         "selected index k out of range: k is 5, dimension 1 of shape (3, 4) has 4 elements"},
        {"topk", [] { x.topk(-1); }, "selected index k out of range"},
        {"topk", [] { x.topk(1, -3); }, "Dimension out of range"},
        {"kthvalue", [] { x.kthvalue(0); }, "selected number k out of range for dimension 1: k is 0 of 4"},
        {"kthvalue", [] { none.kthvalue(1); }, "Expected reduction dim 1 to have non-zero size"},
        {"median", [] { none.median(1); }, "Expected reduction dim 1 to have non-zero size, the shape is (3, 0)"},
        {"median", [] { x.median(5); }, "Dimension out of range"},
        {"nanmedian", [] { none.nanmedian(-1); }, "Expected reduction dim 1 to have non-zero size"},
        {"mode", [] { none.mode(); }, "Expected reduction dim 1 to have non-zero size"},
        {"mode", [] { x.mode(2); }, "Dimension out of range"},
        {"quantile", [] { x.quantile(1.5); }, "q values must be in the range [0, 1]"},
        {"quantile", [] { none.quantile(0.5); }, "input tensor must be non-empty, got (3, 0)"},
        {"quantile", [] { zeros({2}, kInt64).quantile(0.5); }, "must be either float or double dtype, got Long"},
        {"quantile", [] { x.quantile(q.to(kFloat64)); }, "q tensor must be same dtype as the input tensor"},
        {"quantile",
         [] {
             x.quantile(zeros({1, 1}));
         },
         "q must be a scalar or 1D tensor"},
        {"quantile", [] { x.quantile(q, 2); }, "Dimension out of range"},
        {"nanquantile", [] { x.nanquantile(0.5, 0, false, "cubic"); }, "midpoint or nearest, but got cubic"},
        {"nanquantile", [] { x.nanquantile(-0.1); }, "q values must be in the range [0, 1]"},
        {"unique]", [] { _unique(Tensor()); }, "undefined"},
        {"unique_dim", [] { unique_dim(x, 2); }, "Dimension out of range"},
        {"unique_dim", [] { unique_dim(none, 0); }, "There are 0 sized dimensions, and they aren't selected"},
        {"unique_consecutive", [] { unique_consecutive(Tensor()); }, "undefined"},
        {"isin", [] { isin(x, Tensor()); }, "undefined"},
        {"searchsorted",
         [] {
             searchsorted(x, zeros({2, 2}));
         },
         "first N-1 dimensions of boundaries tensor and input value tensor must match"},
        {"searchsorted", [] { searchsorted(x, 1); }, "we got boundaries tensor (3, 4) and input value tensor ()"},
        {"searchsorted", [] { searchsorted(line, line, false, false, "middle"); }, "can only be 'left' or 'right'"},
        {"searchsorted", [] { searchsorted(line, line, false, true, "left"); }, "can't be set to opposites"},
        {"searchsorted",
         [] {
             searchsorted(line, line, false, false, std::nullopt, tensor({0, 1}));
         },
         "boundary and sorter must have the same size"},
        {"searchsorted", [] { searchsorted(line, line, false, false, std::nullopt, line); },
         "sorter must be a tensor of long dtype but got dtype Float"},
        {"bucketize", [] { bucketize(line, x); }, "boundaries tensor must be 1 dimension, but got dim(2)"},
        {"bucketize", [] { bucketize(Tensor(), line); }, "undefined"},
        {"bincount",
         [] {
             bincount(tensor({1, -2}));
         },
         "only supports 1-d non-negative integral inputs, got -2"},
        {"bincount", [] { bincount(line); }, "only supports 1-d non-negative integral inputs, got Float (3,)"},
        {"bincount",
         [] {
             bincount(tensor({1, 2}), line);
         },
         "weights should be 1-d and have the same length as input"},
        {"bincount",
         [] {
             bincount(tensor({1, 2}), std::nullopt, -1);
         },
         "minlength should be >= 0"},
        {"histc", [] { line.histc(0); }, "bins must be > 0"},
        {"histc", [] { line.histc(3, 2, 1); }, "max must be larger than min, got min 2 and max 1"},
        {"histc", [] { (line / 0.).histc(3); }, "is not finite"},
        {"histc",
         [] {
             histc(tensor({1, 2}));
         },
         "takes floating-point tensors, got Long"},
    };
}

}  // namespace samples
