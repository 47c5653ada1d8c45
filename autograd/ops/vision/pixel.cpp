#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

/// Channels dealt out in space or among themselves: reshape, permute, reshape.
namespace xgrad {

using detail::Dims;

namespace {

void check(const char* operation, const Tensor& x, const char* factor_name, std::int64_t factor) {
    if (x.dim() < 3)
        raise<ShapeError>(operation, "expects input to have at least 3 dimensions, but got input with ", x.dim(),
                          " dimension(s)");
    if (factor <= 0) raise<ValueError>(operation, "expects a positive ", factor_name, ", but got ", factor);
}

/// `x`, cut into the sizes `cut` behind its leading dimensions, with those put in the order `order`, as `result`.
Tensor rearrange(const Tensor& x, IntArrayRef cut, IntArrayRef order, IntArrayRef result) {
    const auto leading = static_cast<std::size_t>(x.dim() - 3);
    Dims sizes = x.sizes().slice(0, leading), permutation, out = sizes;
    for (std::size_t d = 0; d < leading; ++d) permutation.push_back(static_cast<std::int64_t>(d));
    for (const auto s : cut) sizes.push_back(s);
    for (const auto d : order) permutation.push_back(static_cast<std::int64_t>(leading) + d);
    for (const auto s : result) out.push_back(s);
    return x.reshape(sizes).permute(permutation).reshape(out);
}

}  // namespace

Tensor pixel_shuffle(const Tensor& self, std::int64_t upscale_factor) {
    check("pixel_shuffle", self, "upscale_factor", upscale_factor);
    const std::int64_t r = upscale_factor, c = self.size(-3), h = self.size(-2), w = self.size(-1);
    if (c % r != 0 || c / r % r != 0)
        raise<ShapeError>("pixel_shuffle",
                          "expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
                          "but input.size(-3)=",
                          c, " is not divisible by ", r, " squared");
    const std::int64_t channels = c / r / r;
    return rearrange(self, {channels, r, r, h, w}, {0, 3, 1, 4, 2}, {channels, h * r, w * r});
}

Tensor pixel_unshuffle(const Tensor& self, std::int64_t downscale_factor) {
    check("pixel_unshuffle", self, "downscale_factor", downscale_factor);
    const std::int64_t r = downscale_factor, c = self.size(-3), h = self.size(-2), w = self.size(-1);
    if (h % r != 0 || w % r != 0)
        raise<ShapeError>("pixel_unshuffle", "expects height and width to be divisible by downscale_factor, but ", h,
                          " x ", w, " is not divisible by ", r);
    return rearrange(self, {c, h / r, r, w / r, r}, {0, 2, 4, 1, 3}, {c * r * r, h / r, w / r});
}

Tensor channel_shuffle(const Tensor& self, std::int64_t groups) {
    if (self.dim() <= 2)
        raise<ShapeError>("channel_shuffle", "expects input with > 2 dims, but got input with sizes ", self.sizes());
    const std::int64_t channels = self.size(1);
    if (groups <= 0)
        raise<ValueError>("channel_shuffle", "Number of groups to divide channels in must be positive, got ", groups);
    if (channels % groups != 0)
        raise<ShapeError>("channel_shuffle", "Number of channels must be divisible by groups. Got ", channels,
                          " channels and ", groups, " groups");
    return self.unflatten(1, {groups, channels / groups}).transpose(1, 2).flatten(1, 2);
}

}  // namespace xgrad
