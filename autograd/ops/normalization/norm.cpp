#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/convolution/fold.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <limits>
#include <string>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

/// The last dimensions of a tensor as rows of n numbers.
struct Rows {
    Rows(const Tensor& x, std::size_t dims) {
        for (std::size_t d = 0; d < x.sizes().size(); ++d) (d + dims < x.sizes().size() ? count : n) *= x.sizes()[d];
    }

    /// Rows over which weight and bias gradients are summed one by one: so few that rounding errors stay small, and so
    /// many that the sums are small beside the rows.
    std::int64_t block() const { return std::clamp<std::int64_t>(kGrain / std::max<std::int64_t>(n, 1), 16, 512); }
    std::int64_t blocks() const { return count / block() + (count % block() != 0); }
    /// Calls f(block, first row, number of rows) for each.
    template <class F>
    void for_each_block(F f) const {
        const std::int64_t grain = kGrain / std::max<std::int64_t>(block() * n, 1);
        detail::parallel_for(0, blocks(), grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b) f(b, b * block(), std::min(block(), count - b * block()));
        });
    }

    std::int64_t count = 1, n = 1;
};

void* at(const Tensor& x, std::int64_t element) {
    return x.defined() ? static_cast<std::byte*>(x.data_ptr()) + element * x.element_size() : nullptr;
}

const NormKernels& norm_kernels(const Tensor& x) { return kernels().norm[float_index(x.dtype())]; }

/// The rows of a gradient; when one is repeated for all, as in that of a sum, it alone, and a stride of 0.
struct GradientRows {
    GradientRows(const Tensor& g, std::size_t dims, std::int64_t n) {
        rows = g;
        for (std::size_t d = dims; d < g.sizes().size(); ++d) {
            if (g.numel() == 0 || rows.stride(0) != 0) {
                rows = g.contiguous();
                stride = n;
                return;
            }
            rows = rows.select(0, 0);
        }
        rows = rows.contiguous();
    }

    Tensor rows;
    std::int64_t stride = 0;
};

/// Rows over the last dimensions, normalised: (x - mean) rstd with rstd = 1 / sqrt(variance + eps), or without a mean
/// x / sqrt(mean(x^2) + eps); times a weight and plus a bias, inputs 1 and 2, if they are there. Further outputs are
/// rstd and the mean.
template <bool kCentred>
struct NormalizeRows {
    static constexpr const char* name = kCentred ? "native_layer_norm" : "rms_norm";
    static constexpr Uses kSaved = in(0) | out(1) | (kCentred ? out(2) : kNothing);
    static constexpr Uses uses[] = {kSaved | in(1), kSaved, kNothing};
    static constexpr unsigned differentiable = 1;

    std::size_t dims;  // how many dimensions a row has
    double eps;

    template <class... Affine>
    std::array<Tensor, kCentred ? 3 : 2> forward(const Tensor& x, const Affine&... affine) const {
        const std::array<Tensor, 2> wb = {affine.contiguous()...};
        const Tensor source = x.contiguous(), y = empty_like(source);
        Dims sizes = x.sizes();
        for (std::size_t d = sizes.size() - dims; d < sizes.size(); ++d) sizes[d] = 1;
        const Tensor rstd = empty(sizes, x.dtype()), mean = kCentred ? empty(sizes, x.dtype()) : Tensor();
        const Rows rows(x, dims);
        const std::int64_t grain = std::max<std::int64_t>(kGrain / std::max<std::int64_t>(rows.n, 1), 1);
        detail::parallel_for(0, rows.count, grain, [&](std::int64_t row, std::int64_t end) {
            const std::int64_t first = row * rows.n;
            norm_kernels(x).forward({rows.n, end - row, at(mean, row), at(rstd, row), x.nbytes() >= kStreamFrom}, eps,
                                    at(source, first), at(wb[0], 0), at(wb[1], 0), at(y, first));
        });
        if constexpr (kCentred)
            return {y, rstd, mean};
        else
            return {y, rstd};
    }

    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const bool weighted = b.num_inputs() > 1;
        const bool weight_wanted = weighted && b.needs(1), bias_wanted = b.num_inputs() > 2 && b.needs(2);
        if (!b.needs(0) && !weight_wanted) return b.set(2, g);
        const Tensor x = b.input(0), weight = weighted && b.needs(0) ? b.input(1) : Tensor();
        if (!GradMode::is_enabled() && !any_wrapped(g, x, weight, b.output(1))) {
            auto [dx, dweight, dbias] = gradients(b, x, weight, weight_wanted || bias_wanted);
            if (b.needs(0)) b.set(0, std::move(dx));
            if (weight_wanted) b.set(1, std::move(dweight));
            if (bias_wanted) b.set(2, std::move(dbias));
            return;
        }
        const auto [normal, rstd] = normalized(x);
        if (b.needs(0)) b.set(0, rstd * across_rows(weight.defined() ? g * weight : g, normal));
        if (weight_wanted) b.set(1, g * normal);
        if (bias_wanted) b.set(2, g);
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor> y) const {
        const auto [normal, rstd] = normalized(x[0]);
        Tensor tangent;
        if (t[0].defined()) tangent = rstd * across_rows(t[0], normal);
        if (x.size() > 1 && tangent.defined()) tangent = tangent * x[1];
        if (x.size() > 1 && t[1].defined()) tangent = add_tangents(tangent, normal * t[1]);
        if (x.size() > 2 && t[2].defined()) tangent = add_tangents(tangent, t[2].expand(y[0].sizes()));
        return tangent;
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> at) const {
        TensorList in(x.begin(), x.end());
        in[0] = batched_at(0, x[0], at[0], batch_size(x, at));
        const bool own_weights = std::ranges::any_of(at.subspan(1), [](std::int64_t d) { return d >= 0; });
        if (!own_weights) return with_batch(apply_to(*this, in));
        auto results = detail_op::apply(*this, in[0]);
        std::vector<std::int64_t> own(at.begin(), at.end());
        own[0] = 0;
        in[0] = results[0];
        in = align_batches(in, own);
        results[0] = in.size() > 2 ? in[0] * in[1] + in[2] : in[0] * in[1];
        return with_batch(results);
    }

  private:
    /// The normalised rows and rstd, to be differentiated.
    std::array<Tensor, 2> normalized(const Tensor& x) const {
        const Tensor centred = kCentred ? x - mean_of_rows(x) : x;
        const Tensor rstd = (mean_of_rows(centred.square()) + eps).sqrt().reciprocal();
        return {centred * rstd, rstd};
    }

    Tensor mean_of_rows(const Tensor& x) const {
        Dims over(dims);
        for (std::size_t d = 0; d < dims; ++d) over[d] = -1 - static_cast<std::int64_t>(d);
        return x.mean(over, true);
    }

    /// `h` without its part along the normalised rows and, if they are centred, without its mean.
    Tensor across_rows(const Tensor& h, const Tensor& normal) const {
        const Tensor rest = h - normal * mean_of_rows(h * normal);
        return kCentred ? rest - mean_of_rows(h) : rest;
    }

    /// The gradients of x and, if they are `summed`, of weight and bias, in one pass over memory.
    std::array<Tensor, 3> gradients(const Vjp& b, const Tensor& x, const Tensor& weight, bool summed) const {
        const Rows rows(x, dims);
        const GradientRows g(b.grad(), dims, rows.n);
        const Tensor source = x.contiguous(), w = weight.defined() ? weight.contiguous() : weight;
        const Tensor rstd = b.output(1), mean = kCentred ? b.output(2) : Tensor();
        const Tensor dx = empty_like(source);
        const auto sums = [&] { return summed ? empty({rows.blocks(), rows.n}, x.dtype()) : Tensor(); };
        const Tensor dweight = sums(), dbias = sums();
        rows.for_each_block([&](std::int64_t block, std::int64_t row, std::int64_t count) {
            const std::int64_t first = row * rows.n, sum = block * rows.n;
            norm_kernels(x).backward({rows.n, count, at(mean, row), at(rstd, row), x.nbytes() >= kStreamFrom},
                                     at(g.rows, row * g.stride), g.stride, at(source, first), at(w, 0), at(dx, first),
                                     at(dweight, sum), at(dbias, sum));
        });
        const IntArrayRef shape = x.sizes().slice(x.sizes().size() - dims, dims);
        const auto total = [&](const Tensor& of_blocks) {
            if (!summed) return Tensor();
            return (rows.blocks() == 1 ? of_blocks : fold(Fold::kSum, of_blocks, {1, {rows.n}})).view(shape);
        };
        return {dx, total(dweight), total(dbias)};
    }
};

using Norms = Family<NormalizeRows<true>, NormalizeRows<false>>;

void check_rows(const char* name, const Tensor& x, IntArrayRef shape) {
    check_defined(name, x);
    if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
    if (shape.empty())
        raise<ShapeError>(name,
                          "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one ",
                          "element, but got normalized_shape = ", shape);
    const std::size_t rank = x.sizes().size(), dims = shape.size();
    if (rank >= dims && x.sizes().slice(rank - dims, dims) == shape) return;
    std::string expected = "[*";
    for (const auto s : shape) expected += ", " + std::to_string(s);
    raise<ShapeError>(name, "Given normalized_shape=", shape, ", expected input with shape ", expected,
                      "], but got input of size", x.sizes());
}

void check_affine(const char* name, const char* what, const Tensor& affine, const Tensor& x, const char* shape_name,
                  IntArrayRef shape) {
    if (!affine.defined()) return;
    if (affine.sizes() != shape)
        raise<ShapeError>(name, "Expected ", what, " to be of same shape as ", shape_name, ", but got ", what,
                          " of shape ", affine.sizes(), " and ", shape_name, " = ", shape);
    if (affine.dtype() != x.dtype())
        raise<DtypeError>(name, "expected a ", what, " of dtype ", x.dtype(), " but found ", affine.dtype());
}

/// As NormalizeRows gives it.
template <bool kCentred>
auto normalize(const Tensor& x, std::size_t dims, const Tensor& weight, const Tensor& bias, double eps) {
    const NormalizeRows<kCentred> op{dims, eps};
    if (!bias.defined()) return weight.defined() ? Norms::apply(op, x, weight) : Norms::apply(op, x);
    return Norms::apply(op, x, weight.defined() ? weight : ones_like(bias), bias);
}

}  // namespace

std::vector<OpInfo> norm_operations() { return Norms::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor, Tensor> native_layer_norm(const Tensor& input, IntArrayRef normalized_shape,
                                                     const Tensor& weight, const Tensor& bias, double eps) {
    constexpr const char* name = "layer_norm";
    ops::check_rows(name, input, normalized_shape);
    ops::check_affine(name, "weight", weight, input, "normalized_shape", normalized_shape);
    ops::check_affine(name, "bias", bias, input, "normalized_shape", normalized_shape);
    const auto [y, rstd, mean] = ops::normalize<true>(input, normalized_shape.size(), weight, bias, eps);
    return {y, mean, rstd};
}

Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
    return std::get<0>(native_layer_norm(input, normalized_shape, weight, bias, eps));
}

Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight, std::optional<double> eps) {
    constexpr const char* name = "rms_norm";
    ops::check_rows(name, input, normalized_shape);
    ops::check_affine(name, "weight", weight, input, "normalized_shape", normalized_shape);
    const double smallest =
        input.dtype() == kFloat32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
    return ops::normalize<false>(input, normalized_shape.size(), weight, {}, eps.value_or(smallest))[0];
}

Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight, const Tensor& bias, double eps) {
    constexpr const char* name = "group_norm";
    ops::check_defined(name, input);
    if (input.dim() < 2)
        raise<ShapeError>(name, "Expected at least 2 dimensions for input tensor but received ", input.dim());
    if (!input.is_floating_point())
        raise<DtypeError>(name, "needs an input of floating point dtype, got ", input.dtype());
    const std::int64_t batch = input.size(0), channels = input.size(1);
    if (num_groups < 1) raise<ValueError>(name, "Expected num groups to be greater than 0, got ", num_groups);
    if (channels % num_groups != 0)
        raise<ShapeError>(name, "Expected number of channels in input to be divisible by num_groups, but got input of ",
                          "shape ", input.sizes(), " and num_groups=", num_groups);
    ops::check_affine(name, "weight", weight, input, "the channels", channels);
    ops::check_affine(name, "bias", bias, input, "the channels", channels);
    const std::int64_t rows = batch * num_groups, n = rows > 0 ? input.numel() / rows : 0;
    Tensor y = ops::normalize<true>(input.reshape({rows, n}), 1, {}, {}, eps)[0].reshape(input.sizes());
    Dims by_channel(input.sizes().size(), 1);
    by_channel[1] = channels;
    if (weight.defined()) y = y * weight.view(by_channel);
    return bias.defined() ? y + bias.view(by_channel) : y;
}

}  // namespace xgrad
