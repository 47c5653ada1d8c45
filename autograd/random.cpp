#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <limits>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

namespace {

/// The dimensions from the largest stride to the smallest: memory order, in which elements get their numbers.
Dims memory_order(const Tensor& x) {
    Dims order;
    for (std::int64_t d = 0; d < x.dim(); ++d) order.push_back(d);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return x.stride(a) > x.stride(b); });
    return order;
}

// Distributions: fill<T>(p, n, contiguous, generator) writes n numbers, for the elements of a tensor that is contiguous
// or not.

struct Uniform {
    static constexpr const char* name = "uniform_";
    static constexpr bool floating_only = true;
    double from, to;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::uniform(p, n, from, to, generator);
    }
};

struct Normal {
    static constexpr const char* name = "normal_";
    static constexpr bool floating_only = true;
    double mean, std;

    template <class T>
    void fill(T* p, std::int64_t n, bool contiguous, const Generator& generator) const {
        (contiguous ? detail::normal<T> : detail::normal_by_pairs<T>)(p, n, mean, std, generator);
    }
};

struct Exponential {
    static constexpr const char* name = "exponential_";
    static constexpr bool floating_only = true;
    double lambda;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::exponential(p, n, lambda, generator);
    }
};

struct LogNormal {
    static constexpr const char* name = "log_normal_";
    static constexpr bool floating_only = true;
    double mean, std;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::log_normal(p, n, mean, std, generator);
    }
};

struct Cauchy {
    static constexpr const char* name = "cauchy_";
    static constexpr bool floating_only = true;
    double median, sigma;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::cauchy(p, n, median, sigma, generator);
    }
};

struct Geometric {
    static constexpr const char* name = "geometric_";
    static constexpr bool floating_only = false;
    double p_success;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        if constexpr (std::is_same_v<T, bool>)
            raise<DtypeError>(name, "not implemented for Bool, which does not count trials");
        else
            detail::geometric(p, n, p_success, generator);
    }
};

struct BernoulliInto {
    static constexpr const char* name = "bernoulli_";
    static constexpr bool floating_only = false;
    double p_one;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::bernoulli(p, n, p_one, generator);
    }
};

struct Integers {
    static constexpr const char* name = "random_";
    static constexpr bool floating_only = false;
    std::int64_t from;
    std::optional<std::int64_t> to;  // absent: all that the dtype holds without gaps

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        if (to && from >= *to)
            raise<ValueError>(name, "expects 'from' to be less than 'to', but got from=", from, " >= to=", *to);
        const std::uint64_t end = to ? static_cast<std::uint64_t>(*to) : largest<T>() + 1;
        detail::random_from_to(p, n, end - static_cast<std::uint64_t>(from), from, generator);
    }

  private:
    template <class T>
    static constexpr std::uint64_t largest() {
        using Limits = std::numeric_limits<T>;
        return std::is_integral_v<T> ? static_cast<std::uint64_t>(Limits::max()) : std::uint64_t{1} << Limits::digits;
    }
};

/// Those from 0 on, which PyTorch draws in a way of their own.
struct AllIntegers {
    static constexpr const char* name = "random_";
    static constexpr bool floating_only = false;

    template <class T>
    void fill(T* p, std::int64_t n, bool, const Generator& generator) const {
        detail::random_full(p, n, generator);
    }
};

/// Throws unless the user said what to draw for a batch.
void check_randomness(const char* name, detail::Randomness randomness) {
    if (randomness == detail::Randomness::kError)
        raise<ValueError>(name,
                          "vmap: called random operation while in randomness error mode. Please either use the 'same' "
                          "or 'different' randomness flags on vmap or perform the randomness operation out of vmap");
}
bool draws_once(detail::Randomness randomness, const Tensor& batch) {
    return randomness == detail::Randomness::kSame && batch.size(0) > 0;
}

/// Numbers drawn into a tensor, whose old values get no gradient.
template <class Distribution>
struct Draw {
    static constexpr const char* name = Distribution::name;
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Distribution distribution;
    Generator generator;

    Tensor forward(const Tensor& self) const {
        Tensor out = empty_like(self);
        forward_(out);
        return out;
    }
    void forward_(Tensor& self) const {
        visit_dtype(self.dtype(), [&](auto v) {
            using T = decltype(v);
            if constexpr (Distribution::floating_only && !std::is_floating_point_v<T>) {
                raise<DtypeError>(name, "not implemented for ", self.dtype(), ": only for float32 and float64");
            } else if (self.is_contiguous()) {
                distribution.fill(self.data_ptr<T>(), self.numel(), true, generator);
            } else {
                const Tensor target = self.permute(memory_order(self)), drawn = empty(target.sizes(), self.dtype());
                distribution.fill(drawn.data_ptr<T>(), self.numel(), false, generator);
                copy(target, drawn);
            }
        });
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims, detail::Randomness randomness) const {
        check_randomness(name, randomness);
        const Tensor batch = x[0].movedim(dims[0], 0);
        if (!draws_once(randomness, batch)) return {detail_op::apply(*this, batch), 0};
        return {detail_op::apply(*this, batch.select(0, 0)).expand(batch.sizes()), 0};
    }
};

struct Bernoulli {
    static constexpr const char* name = "bernoulli";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    Generator generator;

    Tensor forward(const Tensor& p) const {
        Tensor probabilities = p.contiguous(), out = empty_like(p);
        visit_dtype(p.dtype(), [&](auto v) {
            using T = decltype(v);
            if constexpr (std::is_floating_point_v<T>)
                detail::bernoulli_tensor(out.data_ptr<T>(), probabilities.data_ptr<T>(), p.numel(), generator);
            else
                raise<DtypeError>(name, "expects probabilities of floating-point dtype, got ", p.dtype());
        });
        return out;
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims, detail::Randomness randomness) const {
        check_randomness(name, randomness);
        const Tensor batch = x[0].movedim(dims[0], 0);
        if (!draws_once(randomness, batch)) return {detail_op::apply(*this, batch), 0};
        const Tensor uniform = detail_op::apply(Draw<Uniform>{{0, 1}, generator}, batch.select(0, 0));
        return {(uniform < batch).to(batch.dtype()), 0};
    }
};

struct Multinomial {
    static constexpr const char* name = "multinomial";
    static constexpr Uses uses[] = {kNothing};
    static constexpr unsigned differentiable = 0;

    std::int64_t samples;
    bool replacement;
    Generator generator;

    Tensor forward(const Tensor& weights) const {
        if (weights.dim() != 1 && weights.dim() != 2)
            raise<ShapeError>(name, "prob_dist must be 1 or 2 dim, got shape ", shape_string(weights.sizes()));
        if (samples <= 0) raise<ValueError>(name, "cannot sample n_sample <= 0 samples, got ", samples);
        Dims sizes = weights.sizes();
        sizes[sizes.size() - 1] = samples;
        Tensor source = weights.contiguous(), out = empty(sizes, kInt64);
        const std::int64_t rows = weights.dim() == 2 ? weights.size(0) : 1;
        visit_dtype(weights.dtype(), [&](auto v) {
            using T = decltype(v);
            if constexpr (std::is_floating_point_v<T>)
                detail::multinomial(out.data_ptr<std::int64_t>(), source.data_ptr<T>(), rows, weights.size(-1), samples,
                                    replacement, generator);
            else
                raise<DtypeError>(name, "expects weights of floating-point dtype, got ", weights.dtype());
        });
        return out;
    }
    void vjp(Vjp&) const {}
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims, detail::Randomness randomness) const {
        check_randomness(name, randomness);
        if (randomness == detail::Randomness::kSame)
            raise<NotImplementedError>(name,
                                       "vmap with the same randomness for all examples is not implemented: their "
                                       "weights differ. Use different randomness");
        const Tensor batch = x[0].movedim(dims[0], 0);
        Dims rows{-1, batch.size(-1)}, sizes = batch.sizes();
        sizes[sizes.size() - 1] = samples;
        return {detail_op::apply(*this, batch.reshape(rows)).view(sizes), 0};
    }
};

using Draws = Family<Draw<Uniform>, Draw<Normal>, Draw<LogNormal>, Draw<Exponential>, Draw<Cauchy>, Draw<Geometric>,
                     Draw<BernoulliInto>, Draw<Integers>, Draw<AllIntegers>, Bernoulli, Multinomial>;

template <class Distribution>
Tensor& draw(Tensor& self, const Distribution& distribution, const std::optional<Generator>& generator = {}) {
    return Draws::apply_inplace(Draw<Distribution>{distribution, generator.value_or(Generator())}, self);
}

/// A new tensor with numbers drawn into it.
template <class Distribution>
Tensor drawn(IntArrayRef size, const TensorOptions& options, const Distribution& distribution,
             const std::optional<Generator>& generator = {}) {
    Tensor out = empty(size, options.dtype());
    draw(out, distribution, generator);
    if (options.requires_grad()) out.requires_grad_();
    return out;
}

TensorOptions with_default(const TensorOptions& options, ScalarType dtype) {
    return options.has_dtype() ? options : options.dtype(dtype);
}

template <class Distribution>
Tensor drawn_like(const Tensor& self, const TensorOptions& options, const Distribution& distribution) {
    Tensor out = empty_like(self, options.requires_grad(false));
    draw(out, distribution);
    if (options.requires_grad()) out.requires_grad_();
    return out;
}

/// Inside vmap, where no one can look at the values, PyTorch's rule that they be not negative is not checked.
void check_deviations(const Tensor& std) {
    if (!wrapped(std) && std.lt(0).any().item<bool>())
        raise<ValueError>("normal", "expects all elements of std >= 0.0");
}

}  // namespace

std::vector<OpInfo> random_operations() { return Draws::table(); }

}  // namespace ops

Tensor rand(IntArrayRef size, const TensorOptions& options) { return ops::drawn(size, options, ops::Uniform{0, 1}); }
Tensor rand(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options) {
    return ops::drawn(size, options, ops::Uniform{0, 1}, generator);
}
Tensor rand_like(const Tensor& self, const TensorOptions& options) {
    return ops::drawn_like(self, options, ops::Uniform{0, 1});
}
Tensor randn(IntArrayRef size, const TensorOptions& options) { return ops::drawn(size, options, ops::Normal{0, 1}); }
Tensor randn(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options) {
    return ops::drawn(size, options, ops::Normal{0, 1}, generator);
}
Tensor randn_like(const Tensor& self, const TensorOptions& options) {
    return ops::drawn_like(self, options, ops::Normal{0, 1});
}

Tensor randint(std::int64_t high, IntArrayRef size, const TensorOptions& options) {
    return randint(0, high, size, options);
}
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef size, const TensorOptions& options) {
    return ops::drawn(size, ops::with_default(options, kInt64), ops::Integers{low, high});
}

Tensor randperm(std::int64_t n, const TensorOptions& options) { return randperm(n, std::nullopt, options); }
Tensor randperm(std::int64_t n, std::optional<Generator> generator, const TensorOptions& options) {
    if (n < 0) raise<ValueError>("randperm", "n must be non-negative, got ", n);
    const ScalarType dtype = ops::with_default(options, kInt64).dtype();
    const Tensor out = empty({n}, is_integral(dtype) ? dtype : kInt64);
    visit_dtype(out.dtype(), [&](auto v) {
        using T = decltype(v);
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
            detail::randperm(out.data_ptr<T>(), n, generator.value_or(Generator()));
    });
    Tensor result = out.to(dtype);
    if (options.requires_grad()) result.requires_grad_();
    return result;
}

Tensor randint_like(const Tensor& self, std::int64_t high, const TensorOptions& options) {
    return randint_like(self, 0, high, options);
}
Tensor randint_like(const Tensor& self, std::int64_t low, std::int64_t high, const TensorOptions& options) {
    return ops::drawn_like(self, options, ops::Integers{low, high});
}

Tensor normal(const Tensor& mean, double std, const std::optional<Generator>& generator) {
    return empty_like(mean).normal_(0, std, generator).add(mean.detach());
}
Tensor normal(double mean, const Tensor& std, const std::optional<Generator>& generator) {
    ops::check_deviations(std);
    return empty_like(std).normal_(0, 1, generator).mul(std.detach()).add(mean);
}
Tensor normal(const Tensor& mean, const Tensor& std, const std::optional<Generator>& generator) {
    ops::check_deviations(std);
    const Dims sizes = detail::broadcast_shapes(mean.sizes(), std.sizes(), "normal");
    const Tensor standard = empty_like(mean.expand(sizes)).normal_(0, 1, generator);
    return standard.mul(std.detach()).add(mean.detach()).to(mean.dtype());
}
Tensor normal(double mean, double std, IntArrayRef size, const std::optional<Generator>& generator,
              const TensorOptions& options) {
    return ops::drawn(size, options, ops::Normal{mean, std}, generator);
}

Tensor bernoulli(const Tensor& self, const std::optional<Generator>& generator) {
    return ops::Draws::apply(ops::Bernoulli{generator.value_or(Generator())}, self);
}
Tensor bernoulli(const Tensor& self, double p, const std::optional<Generator>& generator) {
    return empty_like(self).bernoulli_(p, generator);
}
Tensor multinomial(const Tensor& self, std::int64_t num_samples, bool replacement,
                   const std::optional<Generator>& generator) {
    return ops::Draws::apply(ops::Multinomial{num_samples, replacement, generator.value_or(Generator())}, self);
}

Tensor& Tensor::uniform_(double from, double to, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Uniform{from, to}, generator);
}
Tensor& Tensor::normal_(double mean, double std, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Normal{mean, std}, generator);
}
Tensor& Tensor::log_normal_(double mean, double std, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::LogNormal{mean, std}, generator);
}
Tensor& Tensor::exponential_(double lambda, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Exponential{lambda}, generator);
}
Tensor& Tensor::cauchy_(double median, double sigma, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Cauchy{median, sigma}, generator);
}
Tensor& Tensor::geometric_(double p, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Geometric{p}, generator);
}
Tensor& Tensor::bernoulli_(double p, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::BernoulliInto{p}, generator);
}
Tensor& Tensor::bernoulli_(const Tensor& p, const std::optional<Generator>& generator) {
    return copy_(xgrad::bernoulli(p.detach().expand(sizes()), generator));
}
Tensor Tensor::bernoulli(const std::optional<Generator>& generator) const { return xgrad::bernoulli(*this, generator); }
Tensor Tensor::bernoulli(double p, const std::optional<Generator>& generator) const {
    return xgrad::bernoulli(*this, p, generator);
}
Tensor Tensor::multinomial(std::int64_t num_samples, bool replacement,
                           const std::optional<Generator>& generator) const {
    return xgrad::multinomial(*this, num_samples, replacement, generator);
}
Tensor& Tensor::random_(std::int64_t from, std::optional<std::int64_t> to, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Integers{from, to}, generator);
}
Tensor& Tensor::random_(std::int64_t to, const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::Integers{0, to}, generator);
}
Tensor& Tensor::random_(const std::optional<Generator>& generator) {
    return ops::draw(*this, ops::AllIntegers{}, generator);
}

}  // namespace xgrad
