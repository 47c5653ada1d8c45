#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;

namespace ops {

namespace {

/// Of a tensor (N, C, ...), as the kernels take it.
Channels channels_of(const Tensor& x, const Tensor& mean = {}, const Tensor& var = {}, const Tensor& rstd = {}) {
    const auto data = [](const Tensor& t) { return t.defined() ? t.data_ptr() : nullptr; };
    const std::int64_t batch = x.size(0), channels = x.size(1);
    const bool stream = x.nbytes() >= kStreamFrom;
    const std::int64_t size = x.numel() / std::max<std::int64_t>(batch * channels, 1);
    return {batch, channels, size, 0, channels, data(mean), data(var), data(rstd), stream};
}

/// Calls f with parts of the channels, which threads may share.
template <class F>
void for_some(Channels all, F f) {
    // Channels of one number lie side by side: whole lines of memory for each.
    constexpr std::int64_t kSideBySide = 32;
    const std::int64_t grain = std::max<std::int64_t>(kGrain / std::max<std::int64_t>(all.each(), 1), 1);
    const std::int64_t step = all.size == 1 ? (grain + kSideBySide - 1) / kSideBySide * kSideBySide : grain;
    detail::parallel_for(0, all.channels, step, [&](std::int64_t begin, std::int64_t end) {
        Channels some = all;
        some.first = begin;
        some.count = end - begin;
        f(some);
    });
}

const BatchNormKernels& batch_norm_kernels(const Tensor& x) { return kernels().batch_norm[float_index(x.dtype())]; }
const void* data_or_null(const Tensor& x) { return x.defined() ? x.data_ptr() : nullptr; }

/// The mean over all but dimension 1, which stays with sizes of 1 around it.
Tensor mean_of_channels(const Tensor& x) {
    Dims over{0};
    for (std::int64_t d = 2; d < x.dim(); ++d) over.push_back(d);
    return x.mean(over, true);
}

Tensor sum_of_channels(const Tensor& x) {
    Dims over{0};
    for (std::int64_t d = 2; d < x.dim(); ++d) over.push_back(d);
    return x.sum(over);
}

/// A vector of the channels so that it broadcasts to `x`.
Tensor by_channel(const Tensor& v, const Tensor& x) {
    Dims shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = v.size(0);
    return v.reshape(shape);
}

/// The tangent of y = normal * weight + bias, of which there are as many as there are inputs x, from those of `normal`
/// and of inputs 1 and 2.
Tensor affine_tangent(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& normal, const Tensor& change,
                      const Tensor& y) {
    Tensor tangent = x.size() > 1 && change.defined() ? change * by_channel(x[1], y) : change;
    if (x.size() > 1 && t[1].defined()) tangent = add_tangents(tangent, normal * by_channel(t[1], y));
    if (x.size() > 2 && t[2].defined()) tangent = add_tangents(tangent, by_channel(t[2], y).expand(y.sizes()));
    return tangent;
}

/// Each channel of (N, C, ...) shifted and scaled to mean 0 and variance 1, times a weight and plus a bias, inputs 1
/// and 2, if they are there. Further outputs are the mean, 1 / sqrt(variance + eps) and the variance.
struct BatchNorm {
    static constexpr const char* name = "native_batch_norm";
    static constexpr Uses kSaved = in(0) | out(1) | out(2);
    static constexpr Uses uses[] = {kSaved | in(1), kSaved, kNothing};
    static constexpr unsigned differentiable = 1;

    double eps;

    template <class... Affine>
    std::array<Tensor, 4> forward(const Tensor& x, const Affine&... affine) const {
        const std::array<Tensor, 2> wb = {affine.contiguous()...};
        const Tensor source = x.contiguous(), y = empty_like(source);
        const auto numbers = [&] { return empty({x.size(1)}, x.dtype()); };
        const Tensor mean = numbers(), rstd = numbers(), var = numbers();
        for_some(channels_of(source, mean, var, rstd), [&](const Channels& c) {
            batch_norm_kernels(x).forward(c, eps, source.data_ptr(), data_or_null(wb[0]), data_or_null(wb[1]),
                                          y.data_ptr());
        });
        return {y, mean, rstd, var};
    }

    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const bool weighted = b.num_inputs() > 1;
        const bool weight_wanted = weighted && b.needs(1), bias_wanted = b.num_inputs() > 2 && b.needs(2);
        if (!b.needs(0) && !weight_wanted) return b.set(2, sum_of_channels(g));
        const Tensor x = b.input(0), weight = weighted && b.needs(0) ? b.input(1) : Tensor();
        if (!GradMode::is_enabled() && !any_wrapped(g, x, weight, b.output(1))) {
            auto [dx, dweight, dbias] = gradients(b, x, weight);
            if (b.needs(0)) b.set(0, std::move(dx));
            if (weight_wanted) b.set(1, std::move(dweight));
            if (bias_wanted) b.set(2, std::move(dbias));
            return;
        }
        const auto [normal, rstd] = normalized(x);
        if (b.needs(0)) {
            const Tensor h = weight.defined() ? g * by_channel(weight, g) : g;
            b.set(0, rstd * across_channels(h, normal));
        }
        if (weight_wanted) b.set(1, sum_of_channels(g * normal));
        if (bias_wanted) b.set(2, sum_of_channels(g));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor> y) const {
        const auto [normal, rstd] = normalized(x[0]);
        return affine_tangent(x, t, normal, t[0].defined() ? rstd * across_channels(t[0], normal) : t[0], y[0]);
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_folded(*this, x, dims, {1, 0, 0}, {1, 0, 0, 0});  // more channels
    }

  private:
    /// The normalised channels and rstd, to be differentiated.
    std::array<Tensor, 2> normalized(const Tensor& x) const {
        const Tensor centred = x - mean_of_channels(x);
        const Tensor rstd = (mean_of_channels(centred.square()) + eps).sqrt().reciprocal();
        return {centred * rstd, rstd};
    }

    /// `h` without its mean and its part along the normalised channels.
    static Tensor across_channels(const Tensor& h, const Tensor& normal) {
        return h - mean_of_channels(h) - normal * mean_of_channels(h * normal);
    }

    /// The gradients of x, if it is wanted, weight and bias, in two passes over memory.
    std::array<Tensor, 3> gradients(const Vjp& b, const Tensor& x, const Tensor& weight) const {
        const Tensor source = x.contiguous(), g = b.grad().contiguous();
        const Tensor w = weight.defined() ? weight.contiguous() : weight, mean = b.output(1), rstd = b.output(2);
        const Tensor dx = b.needs(0) ? empty_like(source) : Tensor();
        const Tensor dweight = empty_like(mean), dbias = empty_like(mean);
        for_some(channels_of(source, mean, {}, rstd), [&](const Channels& c) {
            batch_norm_kernels(x).backward(c, g.data_ptr(), source.data_ptr(), data_or_null(w),
                                           dx.defined() ? dx.data_ptr() : nullptr, dweight.data_ptr(),
                                           dbias.data_ptr());
        });
        return {dx, dweight, dbias};
    }
};

/// x scale + shift for each channel, in one pass.
struct ChannelAffine {
    static constexpr const char* name = "batch_norm_elemt";
    static constexpr Uses uses[] = {in(1), in(0), kNothing};

    Tensor forward(const Tensor& x, const Tensor& scale, const Tensor& shift) const {
        const Tensor source = x.contiguous(), a = scale.contiguous(), b = shift.contiguous();
        Tensor y = empty_like(source);
        for_some(channels_of(source), [&](const Channels& c) {
            batch_norm_kernels(x).affine(c, source.data_ptr(), a.data_ptr(), b.data_ptr(), y.data_ptr());
        });
        return y;
    }
    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        if (b.needs(0)) b.set(0, g * by_channel(b.input(1), g));
        if (b.needs(1)) b.set(1, sum_of_channels(g * b.input(0)));
        if (b.needs(2)) b.set(2, sum_of_channels(g));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& y) const {
        return affine_tangent(x, t, x[0], t[0], y);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        if (dims[1] >= 0 || dims[2] >= 0) return batch_folded(*this, x, dims, {1, 0, 0}, 1);  // more channels
        const Tensor images = x[0].movedim(dims[0], 0);
        const Tensor y = detail_op::apply(*this, images.flatten(0, 1), x[1], x[2]);
        return {split_dim(y, 0, images.size(0), images.size(1)), 0};
    }
};

using BatchNorms = Family<BatchNorm, ChannelAffine>;

/// What the public functions take.
struct Arguments {
    Tensor weight, bias, running_mean, running_var;

    Arguments(const std::optional<Tensor>& w, const std::optional<Tensor>& b, const std::optional<Tensor>& mean,
              const std::optional<Tensor>& var)
        : weight(w.value_or(Tensor())),
          bias(b.value_or(Tensor())),
          running_mean(mean.value_or(Tensor())),
          running_var(var.value_or(Tensor())) {}

    void check(const char* name, const Tensor& x) const {
        check_defined(name, x);
        if (x.dim() < 2)
            raise<ShapeError>(name, "Expected at least 2 dimensions for input tensor (N, C, ...), but got shape ",
                              x.sizes());
        if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
        check_numbers(name, "running_mean", running_mean, x);
        check_numbers(name, "running_var", running_var, x);
        check_numbers(name, "weight", weight, x);
        check_numbers(name, "bias", bias, x);
    }
    Tensor affine(Tensor y) const {
        if (weight.defined()) y = y * by_channel(weight, y);
        return bias.defined() ? y + by_channel(bias, y) : y;
    }

  private:
    static void check_numbers(const char* name, const char* what, const Tensor& v, const Tensor& x) {
        if (!v.defined()) return;
        if (v.numel() != x.size(1) || v.dim() != 1)
            raise<ShapeError>(name, what, " should contain ", x.size(1), " elements not ", v.numel(), ": it has shape ",
                              v.sizes(), " for an input of shape ", x.sizes());
        if (v.dtype() != x.dtype())
            raise<DtypeError>(name, "expected a ", what, " of dtype ", x.dtype(), " but found ", v.dtype());
    }
};

/// running = (1 - momentum) running + momentum now, outside the graph.
void update(Tensor running, const Tensor& now, double momentum) {
    if (!running.defined()) return;
    const NoGradGuard no_grad;
    running.mul_(1 - momentum).add_(now, momentum);
}

/// By the statistics of the input.
std::tuple<Tensor, Tensor, Tensor> train(const Tensor& x, const Arguments& given, double momentum, double eps) {
    const BatchNorm op{eps};
    const auto learn = [&](const Tensor& mean, const Tensor& var) {
        const std::int64_t count = x.numel() / x.size(1);
        const auto each = static_cast<double>(count);
        update(given.running_mean, mean, momentum);
        if (given.running_var.defined()) update(given.running_var, var * (each / (each - 1)), momentum);
    };
    if ((given.running_mean.defined() || given.running_var.defined()) && any_wrapped(x, given.weight, given.bias))
        detail::raise_inplace_transform("batch_norm");
    std::array<Tensor, 4> out;
    if (given.bias.defined())
        out = BatchNorms::apply(op, x, given.weight.defined() ? given.weight : ones_like(given.bias), given.bias);
    else if (given.weight.defined())
        out = BatchNorms::apply(op, x, given.weight);
    else
        out = BatchNorms::apply(op, x);
    learn(out[1], out[3]);
    return {out[0], out[1], out[2]};
}

/// By the running statistics.
Tensor evaluate(const Tensor& x, const Arguments& given, double eps) {
    const Tensor rstd = (given.running_var + eps).rsqrt();
    const Tensor scale = given.weight.defined() ? given.weight * rstd : rstd;
    const Tensor shift = -given.running_mean * scale;
    return BatchNorms::apply(ChannelAffine{}, x, scale, given.bias.defined() ? shift + given.bias : shift);
}

}  // namespace

std::vector<OpInfo> batch_norm_operations() { return BatchNorms::table(); }

}  // namespace ops

std::tuple<Tensor, Tensor, Tensor> native_batch_norm(const Tensor& input, const std::optional<Tensor>& weight,
                                                     const std::optional<Tensor>& bias,
                                                     const std::optional<Tensor>& running_mean,
                                                     const std::optional<Tensor>& running_var, bool training,
                                                     double momentum, double eps) {
    constexpr const char* name = "batch_norm";
    const ops::Arguments given(weight, bias, running_mean, running_var);
    given.check(name, input);
    const auto none = [&] { return empty({0}, input.dtype()); };
    if (!training) {
        if (!given.running_mean.defined() || !given.running_var.defined())
            raise<ValueError>(name, "running_mean and running_var must be defined in evaluation mode");
    }
    if (input.numel() == 0) return {given.affine(input * 1.0), none(), none()};
    if (!training) return {ops::evaluate(input, given, eps), none(), none()};
    return ops::train(input, given, momentum, eps);
}

Tensor batch_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                  const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var, bool training,
                  double momentum, double eps, bool) {
    return std::get<0>(native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps));
}

Tensor instance_norm(const Tensor& input, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                     const std::optional<Tensor>& running_mean, const std::optional<Tensor>& running_var,
                     bool use_input_stats, double momentum, double eps, bool) {
    constexpr const char* name = "instance_norm";
    const ops::Arguments given(weight, bias, running_mean, running_var);
    given.check(name, input);
    if (!use_input_stats && (!given.running_mean.defined() || !given.running_var.defined()))
        raise<ValueError>(name, "Expected running_mean and running_var to be defined when use_input_stats is false");
    if (input.numel() == 0) return given.affine(input * 1.0);
    if (!use_input_stats) return ops::evaluate(input, given, eps);
    // Every channel of every example is a channel of one example.
    const std::int64_t batch = input.size(0), channels = input.size(1), all = batch * channels;
    const auto repeated = [&](const Tensor& v) {
        return v.defined() ? v.expand({batch, channels}).reshape({all}) : Tensor();
    };
    // Statistics of their own, of which the means are learnt.
    const auto separate = [&](const Tensor& v) { return v.defined() ? repeated(v.detach()).clone() : Tensor(); };
    const Tensor mean = separate(given.running_mean), var = separate(given.running_var);
    Tensor y = batch_norm(input.reshape({1, all, input.numel() / all}), repeated(given.weight), repeated(given.bias),
                          mean, var, true, momentum, eps)
                   .reshape(input.sizes());
    const NoGradGuard no_grad;
    const auto learn = [&](Tensor running, const Tensor& of_each) {
        if (running.defined()) running.copy_(of_each.view({batch, channels}).mean(0));
    };
    learn(given.running_mean, mean);
    learn(given.running_var, var);
    return y;
}

}  // namespace xgrad
