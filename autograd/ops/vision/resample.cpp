#include <xgrad/autograd/ops/vision/resample.h>

#include <algorithm>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad::ops {

namespace {

struct Resample {
    static constexpr const char* name = "resample";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::shared_ptr<const SparseMap> map;
    Tensor values;
    std::int64_t dim;

    Tensor forward(const Tensor& x) const { return apply_map(*map, values, x, dim); }
    void vjp(Vjp& b) const {
        const Resample back{std::make_shared<SparseMap>(map->transposed()), values, dim};
        b.set(0, detail_op::apply(back, b.grad()));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {detail_op::apply(Resample{map, values, dim + 1}, x[0].movedim(dims[0], 0)), 0};
    }
};

using Resampling = Family<Resample>;

}  // namespace

std::vector<OpInfo> resample_operations() { return Resampling::table(); }

Tensor resample(const std::shared_ptr<const SparseMap>& map, const Tensor& values, const Tensor& x, std::int64_t dim) {
    return Resampling::apply(Resample{map, values, dim}, x);
}

Tensor window_mean(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t behind) {
    const std::int64_t n = x.size(dim);
    auto map = std::make_shared<SparseMap>(n);
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t j = std::max<std::int64_t>(i - before, 0); j <= std::min(i + behind, n - 1); ++j) map->add(j);
        map->end_row();
    }
    const auto terms = static_cast<std::int64_t>(map->columns.size());
    return resample(map, full({terms}, 1.0 / static_cast<double>(before + behind + 1), x.dtype()), x, dim);
}

}  // namespace xgrad::ops
