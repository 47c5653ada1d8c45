#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <cmath>

namespace xgrad {

using detail::Dims;

namespace {

/// Uninitialised, of the same sizes and order of dimensions in memory: the order in which numbers are drawn.
Tensor like_in_memory(const Tensor& x) {
    if (x.is_contiguous()) return empty_like(x);
    Dims order, sizes, back(static_cast<std::size_t>(x.dim()));
    for (std::int64_t d = 0; d < x.dim(); ++d) order.push_back(d);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return x.stride(a) > x.stride(b); });
    for (std::size_t i = 0; i < order.size(); ++i) {
        sizes.push_back(x.size(order[i]));
        back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    }
    return empty(sizes, x.dtype()).permute(back);
}

/// One number for each channel of (N, C, ...).
Tensor like_channels(const char* name, const Tensor& x) {
    if (x.dim() < 2)
        raise<ShapeError>(name, "Feature dropout requires at least 2 dimensions in the input, but got shape ",
                          x.sizes());
    Tensor one = x;
    for (std::int64_t d = 2; d < x.dim(); ++d) one = one.narrow(d, 0, 1);
    return empty_like(one);
}

enum class What { kElements, kChannels };
enum class Dropped { kZero, kSeluLimit };

/// What the input is to be multiplied by and, where what is dropped does not become zero, what is then added.
struct Noise {
    Tensor factor, shift;
};

/// Draws; nothing where the input stays as it is.
std::optional<Noise> draw(const char* name, const Tensor& x, double p, bool train, What what, Dropped dropped) {
    ops::check_defined(name, x);
    if (!(p >= 0 && p <= 1)) raise<ValueError>(name, "dropout probability has to be between 0 and 1, but got ", p);
    if (p == 0 || !train || x.numel() == 0) return std::nullopt;
    if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
    if (p == 1) return Noise{zeros({}, x.dtype()), {}};
    const NoGradGuard constant;
    Tensor kept = what == What::kChannels ? like_channels(name, x) : like_in_memory(x);
    kept.bernoulli_(1 - p);
    if (dropped == Dropped::kZero) return Noise{kept.div_(1 - p), {}};
    constexpr double kLimit = 1.7580993408473766;  // of selu far below zero, negated: scale alpha
    const double scale = 1 / std::sqrt((kLimit * kLimit * p + 1) * (1 - p));
    Tensor shift = kept.add(-1.0).mul_(kLimit * scale).add_(kLimit * scale * p);
    return Noise{kept.mul_(scale), shift};
}

Tensor apply(const char* name, const Tensor& input, double p, bool train, What what, Dropped dropped) {
    const std::optional<Noise> noise = draw(name, input, p, train, what, dropped);
    if (!noise) return input;
    const Tensor product = input * noise->factor;
    return noise->shift.defined() ? product + noise->shift : product;
}

Tensor& apply_(const char* name, Tensor& self, double p, bool train, What what, Dropped dropped) {
    const std::optional<Noise> noise = draw(name, self, p, train, what, dropped);
    if (!noise) return self;
    self.mul_(noise->factor);
    return noise->shift.defined() ? self.add_(noise->shift) : self;
}

}  // namespace

#define XGRAD_DROPOUT(name, what, dropped)                                                                          \
    Tensor name(const Tensor& input, double p, bool train) { return apply(#name, input, p, train, what, dropped); } \
    Tensor& name##_(Tensor& self, double p, bool train) { return apply_(#name "_", self, p, train, what, dropped); }
XGRAD_DROPOUT(dropout, What::kElements, Dropped::kZero)
XGRAD_DROPOUT(feature_dropout, What::kChannels, Dropped::kZero)
XGRAD_DROPOUT(alpha_dropout, What::kElements, Dropped::kSeluLimit)
XGRAD_DROPOUT(feature_alpha_dropout, What::kChannels, Dropped::kSeluLimit)
#undef XGRAD_DROPOUT

std::tuple<Tensor, Tensor> native_dropout(const Tensor& input, double p, std::optional<bool> train) {
    constexpr const char* name = "native_dropout";
    ops::check_defined(name, input);
    if (!(p >= 0 && p <= 1)) raise<ValueError>(name, "dropout probability has to be between 0 and 1, but got ", p);
    if (!input.is_floating_point())
        raise<DtypeError>(name, "needs an input of floating point dtype, got ", input.dtype());
    if (!train.value_or(true)) return {input.clone(), ones_like(input, kBool)};
    Tensor mask = like_in_memory(input).to(kBool);
    mask.bernoulli_(1 - p);
    return {input * mask * (p == 1 ? 0.0 : 1 / (1 - p)), mask};
}

}  // namespace xgrad
