#include "transform_cases.h"

#include <xgrad/autograd/indexing.h>

#include "row_cases.h"
#include "samples.h"

using namespace xgrad;

namespace samples {

namespace {

using indexing::None;
using indexing::Slice;

constexpr std::int64_t kExamples = 3;

/// Inputs whose elements may change places, and what comes of that.
std::vector<TensorList> rolled(const TensorList& inputs) {
    std::vector<TensorList> out;
    for (std::int64_t n = 0; n < kExamples; ++n) {
        out.emplace_back();
        for (const Tensor& x : inputs) out.back().push_back(x.flatten().roll(n).view(x.sizes()));
    }
    return out;
}
/// The same of inputs that are to stay positive-definite, in order, or whatever else they are: scaled a little.
std::vector<TensorList> scaled(const TensorList& inputs) {
    std::vector<TensorList> out;
    for (std::int64_t n = 0; n < kExamples; ++n) {
        out.emplace_back();
        const double factor = 1 - 0.01 * static_cast<double>(n);
        for (const Tensor& x : inputs) out.back().push_back(x.is_floating_point() ? x * factor : x);
    }
    return out;
}

TransformCase case_of(const RowCase& row) {
    const std::vector<std::int64_t> shapes[] = {{2, 3}, {3}, {2, 1}};
    TensorList inputs;
    for (std::size_t i = 0; i < row.domain.size(); ++i) {
        const auto& d = row.domain[i];
        const Tensor x = uniform(shapes[i], d.low, d.high, 31 + i, d.kink);
        const bool condition = i == 0 && row.selects, integral = row.kind == ops::rows::Kind::kIntegral;
        inputs.push_back(condition ? x > 0.5 : integral ? x.to(kInt64) : x);
    }
    return {row.name, row.call, rolled(inputs)};
}

TransformCase case_of(const Sample& sample) {
    TensorList inputs;
    for (const Tensor& x : make_inputs(sample, Arrangement::kContiguous)) inputs.push_back(x.detach().clone());
    return {sample.operation, sample.call, sample.inputs ? scaled(inputs) : rolled(inputs)};
}

/// A function of float64 tensors of these shapes, then of positions below some bound.
struct Positions {
    std::int64_t bound;
    std::vector<std::int64_t> shape;
};
struct Indexed {
    std::string operation;
    func::Function call;
    std::vector<std::vector<std::int64_t>> shapes;
    std::vector<Positions> positions = {};
};

TransformCase case_of(const Indexed& indexed) {
    TransformCase out{indexed.operation, indexed.call, {}};
    for (std::uint64_t n = 0; n < kExamples; ++n) {
        out.examples.emplace_back();
        std::uint64_t seed = 10 * n;
        for (const auto& shape : indexed.shapes)
            out.examples.back().push_back(uniform(shape, -2, 2, ++seed, /*kink=*/0));
        for (const Positions& p : indexed.positions)
            out.examples.back().push_back(uniform(p.shape, 0, static_cast<double>(p.bound), ++seed).floor().to(kInt64));
    }
    return out;
}

const std::vector<Indexed>& positions_of_their_own() {
    static const std::vector<Indexed> all = {
        {"gather", [](const TensorList& x) { return x[0].gather(1, x[1]); }, {{3, 4}}, {{4, {3, 2}}}},
        {"gather", [](const TensorList& x) { return x[0].gather(0, x[1]); }, {{}}, {{1, {}}}},
        {"gather", [](const TensorList& x) { return take_along_dim(x[0], x[1], 0); }, {{3, 4}}, {{3, {2, 4}}}},
        {"scatter_add",
         [](const TensorList& x) { return x[0].scatter_add(1, x[2], x[1]); },
         {{3, 4}, {3, 2}},
         {{4, {3, 2}}}},
        {"scatter", [](const TensorList& x) { return x[0].scatter(0, x[2], x[1]); }, {{3, 4}, {2, 4}}, {{3, {2, 4}}}},
        {"scatter_reduce",
         [](const TensorList& x) { return scatter_reduce(x[0], 1, x[2], x[1], "prod", true); },
         {{3, 4}, {3, 2}},
         {{4, {3, 2}}}},
        {"scatter_reduce",
         [](const TensorList& x) { return scatter_reduce(x[0], 0, x[2], x[1], "amax", false); },
         {{3, 4}, {2, 4}},
         {{3, {2, 4}}}},
        {"scatter_reduce",
         [](const TensorList& x) { return scatter_reduce(x[0], 0, x[2], x[1], "mean", false); },
         {{3, 4}, {2, 4}},
         {{3, {2, 4}}}},
        {"scatter_reduce",
         [](const TensorList& x) { return index_reduce(x[0], 1, x[2], x[1], "amin"); },
         {{3, 4}, {3, 2}},
         {{4, {2}}}},
        {"index_select", [](const TensorList& x) { return x[0].index_select(1, x[1]); }, {{2, 4, 3}}, {{4, {5}}}},
        {"index",
         [](const TensorList& x) {
             return x[0].index({x[1], None, x[2] - 3});
         },
         {{2, 4, 3}},
         {{2, {5}}, {3, {1}}}},
        {"index", [](const TensorList& x) { return x[0].take(x[1] - 6); }, {{2, 3}}, {{6, {2, 2}}}},
        {"index_add",
         [](const TensorList& x) { return x[0].index_add(1, x[2], x[1]); },
         {{2, 4, 3}, {2, 2, 3}},
         {{4, {2}}}},
        {"index_copy",
         [](const TensorList& x) { return x[0].index_copy(1, x[2], x[1]); },
         {{2, 4, 3}, {2, 2, 3}},
         {{4, {2}}}},
        {"index_fill",
         [](const TensorList& x) { return x[0].index_fill(1, x[2] - 4, x[1]); },
         {{2, 4}, {}},
         {{4, {2}}}},
        {"index_put_",
         [](const TensorList& x) {
             return index_put(x[0], {x[2], x[3]}, x[1]);
         },
         {{3, 4}, {}},
         {{3, {2}}, {4, {2}}}},
        {"index_put_",
         [](const TensorList& x) {
             return index_put(x[0], {Slice(), x[2]}, x[1], true);
         },
         {{3, 4}, {2}},
         {{4, {2}}}},
        {"index_put_", [](const TensorList& x) { return put(x[0], x[2], x[1]); }, {{3, 4}, {2}}, {{12, {2}}}},
        {"embedding", [](const TensorList& x) { return embedding(x[0], x[1], 1); }, {{4, 2}}, {{4, {3, 2}}}},
        {"index",  // sums whole rows in its gradient
         [](const TensorList& x) { return x[0].index({x[1]}); },
         {{5, 17}},
         {{5, {2}}}},
        {"max_unpool",
         [](const TensorList& x) {
             return max_unpool2d(x[0], x[1], {2, 3});
         },
         {{2, 1, 2}},
         {{6, {2, 1, 2}}}},
        {"scatter", [](const TensorList& x) { return one_hot(x[0], 4) * 1.5; }, {}, {{4, {2, 3}}}},
        {"masked_fill", [](const TensorList& x) { return x[0].masked_fill(x[2] > 1, x[1]); }, {{2, 3}, {}}, {{4, {3}}}},
        {"copy_",
         [](const TensorList& x) {
             Tensor y = x[0] * x[1].sum();
             return y.copy_(x[1]) * x[0];
         },
         {{2, 3}, {3}}},
        {"fill_",
         [](const TensorList& x) {
             Tensor y = x[0] * 2.0;
             return y.fill_(3.0) * x[0];
         },
         {{2, 3}}},
    };
    return all;
}

template <std::size_t I, class Tuple>
Tensor part(const Tuple& tuple) {
    return std::get<I>(tuple);
}

const std::vector<Indexed>& positions_and_truth() {
    static const std::vector<Indexed> all = {
        {"argmax", [](const TensorList& x) { return x[0].argmax(); }, {{2, 3}}},
        {"argmax", [](const TensorList& x) { return x[0].argmax(-1, true); }, {{2, 3}}},
        {"argmin", [](const TensorList& x) { return x[0].argmin(0); }, {{2, 3}}},
        {"argmin", [](const TensorList& x) { return x[0].argmin(0); }, {{}}},
        {"max", [](const TensorList& x) { return part<1>(x[0].max(1)); }, {{2, 3}}},
        {"max", [](const TensorList& x) { return part<0>(x[0].max(0)); }, {{}}},
        {"min", [](const TensorList& x) { return part<1>(x[0].min(0, true)); }, {{2, 3}}},
        {"cummax", [](const TensorList& x) { return part<1>(x[0].cummax(1)); }, {{2, 3}}},
        {"cummin", [](const TensorList& x) { return part<0>(x[0].cummin(0)); }, {{}}},
        {"sort", [](const TensorList& x) { return x[0].argsort(0, true); }, {{4, 3}}},
        {"sort", [](const TensorList& x) { return x[0].argsort(0); }, {{}}},
        {"topk", [](const TensorList& x) { return part<1>(x[0].topk(2)); }, {{2, 5}}},
        {"topk", [](const TensorList& x) { return part<0>(x[0].topk(1)); }, {{}}},
        {"kthvalue", [](const TensorList& x) { return part<1>(x[0].kthvalue(2)); }, {{2, 5}}},
        {"kthvalue", [](const TensorList& x) { return part<0>(x[0].kthvalue(1)); }, {{}}},
        {"mode", [](const TensorList& x) { return part<1>(x[0].mode(0)); }, {{2, 5}}},
        {"median", [](const TensorList& x) { return part<1>(x[0].median(1, true)); }, {{2, 5}}},
        {"median", [](const TensorList& x) { return x[0].median(); }, {{}}},
        {"median",
         [](const TensorList& x) {
             return cat({x[0], x[0]}).median();
         },
         {{3, 3}}},  // of equal ones
        {"nanmedian", [](const TensorList& x) { return part<1>(x[0].log().nanmedian(0)); }, {{4, 3}}},
        {"nanmedian", [](const TensorList& x) { return x[0].log().nanmedian(); }, {{4, 3}}},
        {"max_pool_with_indices",
         [](const TensorList& x) { return part<1>(max_pool2d_with_indices(x[0], 2, 1)); },
         {{2, 3, 4}}},
        {"searchsorted",
         [](const TensorList& x) { return searchsorted(part<0>(x[0].sort()), x[1]); },
         {{2, 5}, {2, 3}}},
        {"searchsorted", [](const TensorList& x) { return searchsorted(part<0>(x[0].sort()), x[1]); }, {{5}, {2, 3}}},
        {"searchsorted", [](const TensorList& x) { return bucketize(x[1], part<0>(x[0].sort())); }, {{5}, {}}},
        {"histc", [](const TensorList& x) { return x[0].histc(4, -1, 2); }, {{2, 5}}},
        {"unique", [](const TensorList& x) { return std::get<1>(_unique2(x[0], true, true)); }, {{2, 3}}},
        {"unique_dim", [](const TensorList& x) { return std::get<0>(unique_dim(x[0], 0)); }, {{3, 2}}},
        {"nonzero", [](const TensorList& x) { return (x[0] * x[0]).nonzero(); }, {{2, 3}}},
        {"any", [](const TensorList& x) { return (x[0] > 1.5).any(1); }, {{2, 3}}},
        {"all", [](const TensorList& x) { return (x[0] > -1.5).all(); }, {{2, 3}}},
        {"count_nonzero", [](const TensorList& x) { return (x[0] > 0.0).count_nonzero(0); }, {{4, 3}}},
        {"lu_permutation", [](const TensorList& x) { return part<0>(linalg_lu(x[0])); }, {{3, 3}}},
        {"lu_permutation", [](const TensorList& x) { return part<0>(linalg_lu(x[0])); }, {{4, 3}}},
        {"to_copy", [](const TensorList& x) { return x[0].to(kInt64); }, {{4, 3}}},
    };
    return all;
}

}  // namespace

std::vector<TransformCase> transform_cases() {
    std::vector<TransformCase> out;
    for (const RowCase& row : row_cases()) out.push_back(case_of(row));
    for (const Sample& sample : all()) out.push_back(case_of(sample));
    for (const Indexed& indexed : positions_of_their_own()) out.push_back(case_of(indexed));
    for (const Indexed& indexed : positions_and_truth()) out.push_back(case_of(indexed));
    return out;
}

}  // namespace samples
