#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <cstring>

namespace xgrad {

using detail::Dims;
using detail::PoolVector;
using detail::shape_string;

namespace ops {

namespace {

/// Numbers in front of and behind dimensions, the last dimension first; negative ones cut off.
struct ConstantPad {
    static constexpr const char* name = "constant_pad_nd";
    static constexpr Uses uses[] = {kNothing};

    Dims pad;
    Scalar value;

    Tensor forward(const Tensor& x) const {
        Dims sizes = x.sizes();
        for (std::size_t k = 0; k < pad.size(); k += 2) sizes[dim(x, k)] += pad[k] + pad[k + 1];
        detail::checked_numel(sizes, name);
        Tensor out = full(sizes, value, x.dtype());
        Tensor inside = out, kept = x;
        for (std::size_t k = 0; k < pad.size(); k += 2) {
            const auto d = static_cast<std::int64_t>(dim(x, k));
            const std::int64_t first = std::max<std::int64_t>(-pad[k], 0);
            const std::int64_t length = x.size(d) - first - std::max<std::int64_t>(-pad[k + 1], 0);
            kept = kept.narrow(d, first, length);
            inside = inside.narrow(d, std::max<std::int64_t>(pad[k], 0), length);
        }
        copy(inside, kept);
        return out;
    }
    void vjp(Vjp& b) const {
        Dims opposite = pad;
        for (auto& p : opposite) p = -p;
        b.set(0, constant_pad_nd(b.grad(), opposite));
    }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, const Tensor&) const {
        return constant_pad_nd(tangents[0], pad);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {constant_pad_nd(x[0].movedim(dims[0], 0), pad, value), 0};
    }

  private:
    /// The dimension that pad[k] belongs to.
    static std::size_t dim(const Tensor& x, std::size_t k) { return x.sizes().size() - 1 - k / 2; }
};

enum class Border { kReflect, kReplicate, kCircular };

/// One padded dimension: for each position of the result that of the source.
struct PaddedDim {
    PaddedDim(Border border, std::int64_t size, std::int64_t before, std::int64_t after)
        : n(size),
          inside_from(std::max<std::int64_t>(before, 0)),
          source(static_cast<std::size_t>(before + n + after)) {
        inside_to = std::max(inside_from, std::min(before + n, length()));
        // What goes on at the other end is what is left of the dimension when negative numbers have cut it.
        const std::int64_t first = std::max<std::int64_t>(-before, 0), kept = kept_of(n, before, after);
        for (std::int64_t i = 0; i < length(); ++i) {
            std::int64_t at = i - before;
            if (border == Border::kReplicate)
                at = std::clamp<std::int64_t>(at, 0, n - 1);
            else if (border == Border::kCircular)
                at = first + ((at - first) % kept + kept) % kept;
            else
                at = at < 0 ? -at : at < n ? at : 2 * (n - 1) - at;
            source[static_cast<std::size_t>(i)] = at;
        }
    }
    std::int64_t length() const { return static_cast<std::int64_t>(source.size()); }
    static std::int64_t kept_of(std::int64_t n, std::int64_t before, std::int64_t after) {
        return n + std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0);
    }

    std::int64_t n;
    std::int64_t inside_from, inside_to;  // here source counts up by one
    PoolVector<std::int64_t> source;
};

/// What stands beyond the borders of the last `count` dimensions, at most three.
struct Borders {
    Border border;
    std::int64_t count;
    std::array<std::int64_t, 3> before{}, after{};  // depth, height, width

    /// Of a dimension (0: depth) of a tensor with these last three sizes.
    PaddedDim dim(std::size_t d, const std::array<std::int64_t, 3>& sizes) const {
        return {border, sizes[d], before[d], after[d]};
    }
    /// The sizes of the dimensions that may be padded; missing ones are 1.
    std::array<std::int64_t, 3> inner_sizes(const Tensor& x) const {
        std::array<std::int64_t, 3> out{1, 1, 1};
        for (std::int64_t d = 1; d <= count; ++d) out[static_cast<std::size_t>(3 - d)] = x.size(-d);
        return out;
    }
    /// `x.sizes()` with other sizes of the last dimensions.
    Dims with_inner(const Tensor& x, const std::array<std::int64_t, 3>& inner) const {
        Dims out = x.sizes();
        for (std::int64_t d = 0; d < count; ++d)
            out[out.size() - 1 - static_cast<std::size_t>(d)] = inner[static_cast<std::size_t>(2 - d)];
        return out;
    }
    /// f(first element of a row of the padded tensor, first element of the source's row that it shows), plane by plane.
    template <class F>
    static void for_each_row(std::int64_t begin, std::int64_t end, const PaddedDim& depth, const PaddedDim& height,
                             const PaddedDim& width, const F& f) {
        std::int64_t row = begin * depth.length() * height.length();
        for (std::int64_t plane = begin; plane < end; ++plane)
            for (const std::int64_t d : depth.source)
                for (const std::int64_t h : height.source)
                    f(row++ * width.length(), ((plane * depth.n + d) * height.n + h) * width.n);
    }
};

/// Planes that one thread takes at a time.
std::int64_t plane_grain(std::int64_t plane) {
    return std::max<std::int64_t>(kGrain / std::max<std::int64_t>(plane, 1), 1);
}

Tensor pad_border_backward(const Tensor& grad, const Borders& borders, const std::array<std::int64_t, 3>& sizes);
Tensor pad_border(const Tensor& x, const Borders& borders);

struct BorderPad {
    static constexpr const char* name = "border_pad";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Borders borders;

    Tensor forward(const Tensor& input) const {
        const Tensor x = input.contiguous();
        const auto sizes = borders.inner_sizes(x);
        const PaddedDim depth = borders.dim(0, sizes), height = borders.dim(1, sizes), width = borders.dim(2, sizes);
        Tensor out = empty(borders.with_inner(x, {depth.length(), height.length(), width.length()}), x.dtype());
        const std::int64_t plane = depth.length() * height.length() * width.length();
        if (out.numel() == 0) return out;
        visit_dtype(x.dtype(), [&](auto element) {
            using T = decltype(element);
            const T* from = x.data_ptr<T>();
            T* to = out.data_ptr<T>();
            const auto* source = width.source.data();
            const auto inside = static_cast<std::size_t>(width.inside_to - width.inside_from) * sizeof(T);
            const auto row = [&](std::int64_t at, std::int64_t source_at) {
                const T* x_row = from + source_at;
                T* y = to + at;
                for (std::int64_t i = 0; i < width.inside_from; ++i) y[i] = x_row[source[i]];
                if (inside > 0) std::memcpy(y + width.inside_from, x_row + source[width.inside_from], inside);
                for (std::int64_t i = width.inside_to; i < width.length(); ++i) y[i] = x_row[source[i]];
            };
            detail::parallel_for(0, out.numel() / plane, plane_grain(plane), [&](std::int64_t begin, std::int64_t end) {
                Borders::for_each_row(begin, end, depth, height, width, row);
            });
        });
        return out;
    }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        std::array<std::int64_t, 3> inner{1, 1, 1};
        for (std::size_t d = 1; d <= static_cast<std::size_t>(borders.count); ++d)
            inner[3 - d] = sizes[sizes.size() - d];
        b.set(0, pad_border_backward(b.grad(), borders, inner));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {pad_border(x[0].movedim(dims[0], 0), borders), 0};
    }
};

/// Adds every element of the gradient to that of the source which stands there.
struct BorderPadBackward {
    static constexpr const char* name = "border_pad_backward";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Borders borders;
    std::array<std::int64_t, 3> sizes;  // of the source

    Tensor forward(const Tensor& gradient) const {
        const Tensor grad = gradient.contiguous();
        const PaddedDim depth = borders.dim(0, sizes), height = borders.dim(1, sizes), width = borders.dim(2, sizes);
        Tensor out = zeros(borders.with_inner(grad, sizes), grad.dtype());
        const std::int64_t plane = depth.length() * height.length() * width.length();
        if (grad.numel() == 0) return out;
        const auto run = [&]<class T>(T) {
            const T* from = grad.data_ptr<T>();
            T* to = out.data_ptr<T>();
            const auto* source = width.source.data();
            const auto row = [&](std::int64_t at, std::int64_t source_at) {
                const T* g = from + at;
                T* x = to + source_at;
                for (std::int64_t i = 0; i < width.inside_from; ++i) x[source[i]] += g[i];
                if (width.inside_to > width.inside_from) {
                    T* inside = x + source[width.inside_from];
                    const T* g_inside = g + width.inside_from;
                    for (std::int64_t i = 0; i < width.inside_to - width.inside_from; ++i) inside[i] += g_inside[i];
                }
                for (std::int64_t i = width.inside_to; i < width.length(); ++i) x[source[i]] += g[i];
            };
            detail::parallel_for(0, grad.numel() / plane, plane_grain(plane),
                                 [&](std::int64_t begin, std::int64_t end) {
                                     Borders::for_each_row(begin, end, depth, height, width, row);
                                 });
        };
        if (grad.dtype() == kFloat32)
            run(float{});
        else
            run(double{});
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, pad_border(b.grad(), borders)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {pad_border_backward(x[0].movedim(dims[0], 0), borders, sizes), 0};
    }
};

using Pads = Family<ConstantPad, BorderPad, BorderPadBackward>;

Tensor pad_border(const Tensor& x, const Borders& borders) { return Pads::apply(BorderPad{borders}, x); }
Tensor pad_border_backward(const Tensor& grad, const Borders& borders, const std::array<std::int64_t, 3>& sizes) {
    return Pads::apply(BorderPadBackward{borders, sizes}, grad);
}

void check_border(const char* operation, const Tensor& x, const Borders& b, std::size_t d, std::int64_t n) {
    const std::int64_t before = b.before[d], after = b.after[d], most = std::max(before, after);
    const auto show = [&](const char* rule) {
        raise<ShapeError>(operation, rule, ", but got: padding (", before, ", ", after, ") at a dimension of size ", n,
                          " of input ", shape_string(x.sizes()));
    };
    if (b.border == Border::kReflect && most >= n)
        show("Padding size should be less than the corresponding input dimension");
    if (b.border == Border::kCircular && most > std::max<std::int64_t>(PaddedDim::kept_of(n, before, after), 0))
        show("Padding value causes wrapping around more than once");
    if (b.border == Border::kReplicate && n == 0) show("Expected a tensor with non-zero dimensions for input");
    if (before < -n || after < -n || before + n + after < (b.border == Border::kCircular ? 0 : 1))
        show("the input is too small: negative padding leaves nothing of it");
}

/// Pads the last pad.size() / 2 dimensions of an input with one or two more.
Tensor pad_last(const char* operation, const Tensor& self, IntArrayRef pad, Border border) {
    Borders borders{border, static_cast<std::int64_t>(pad.size() / 2)};
    if (self.dim() != borders.count + 1 && self.dim() != borders.count + 2)
        raise<ShapeError>(operation, "Expected ", borders.count + 1, "D or ", borders.count + 2,
                          "D (batch mode) tensor for input, but got: ", shape_string(self.sizes()));
    const auto sizes = borders.inner_sizes(self);
    for (std::size_t k = 0; k < pad.size(); k += 2) {
        const std::size_t d = 2 - k / 2;
        borders.before[d] = pad[k];
        borders.after[d] = pad[k + 1];
        check_border(operation, self, borders, d, sizes[d]);
    }
    return pad_border(self, borders);
}

Tensor pad_dims(const char* operation, const Tensor& self, IntArrayRef padding, Border border, std::size_t count) {
    if (padding.size() != 2 * count)
        raise<ValueError>(operation, "padding size is expected to be ", 2 * count, ", but got: ", padding.size());
    return pad_last(operation, self, padding, border);
}

}  // namespace

std::vector<OpInfo> pad_operations() { return Pads::table(); }

}  // namespace ops

Tensor constant_pad_nd(const Tensor& self, IntArrayRef pad, const Scalar& value) {
    if (pad.size() % 2 != 0)
        raise<ValueError>("constant_pad_nd", "Length of pad must be even but instead it equals ", pad.size());
    if (static_cast<std::int64_t>(pad.size() / 2) > self.dim())
        raise<ValueError>(
            "constant_pad_nd",
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length "
            "is ",
            pad.size(), " while the input has ", self.dim(), " dimensions");
    for (std::size_t k = 0; k < pad.size(); k += 2) {
        const std::int64_t d = self.dim() - 1 - static_cast<std::int64_t>(k / 2), n = self.size(d);
        const std::int64_t cut = std::max<std::int64_t>(-pad[k], 0) + std::max<std::int64_t>(-pad[k + 1], 0);
        if (cut > n)
            raise<ShapeError>("constant_pad_nd", "The input size ", n, ", plus negative padding ", pad[k], " and ",
                              pad[k + 1], " resulted in a negative output size, which is invalid. Check dimension ", d,
                              " of your input");
    }
    return ops::Pads::apply(ops::ConstantPad{pad, value}, self);
}

Tensor pad(const Tensor& self, IntArrayRef pad, std::string_view mode, std::optional<double> value) {
    if (pad.size() % 2 != 0) raise<ValueError>("pad", "Padding length must be divisible by 2, got ", pad.size());
    if (static_cast<std::int64_t>(pad.size() / 2) > self.dim())
        raise<ValueError>("pad", "Padding length too large: ", pad.size(), " numbers for ", self.dim(), " dimensions");
    if (mode == "constant") return constant_pad_nd(self, pad, value.value_or(0));
    if (mode != "reflect" && mode != "replicate" && mode != "circular")
        raise<NotImplementedError>("pad", "Unrecognised padding mode ", mode,
                                   ": there are constant, reflect, replicate and circular");
    if (value && *value != 0) raise<ValueError>("pad", "Padding mode \"", mode, "\" doesn't take in value argument");
    const auto count = static_cast<std::int64_t>(pad.size() / 2);
    if (count < 1 || count > 3 || (self.dim() != count + 1 && self.dim() != count + 2))
        raise<NotImplementedError>(
            "pad",
            "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now: one to "
            "three dimensions of an input with one or two more, got ",
            count, " of ", shape_string(self.sizes()));
    return ops::pad_last("pad", self, pad,
                         mode == "reflect"     ? ops::Border::kReflect
                         : mode == "replicate" ? ops::Border::kReplicate
                                               : ops::Border::kCircular);
}

Tensor reflection_pad1d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("reflection_pad1d", self, padding, ops::Border::kReflect, 1);
}
Tensor reflection_pad2d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("reflection_pad2d", self, padding, ops::Border::kReflect, 2);
}
Tensor reflection_pad3d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("reflection_pad3d", self, padding, ops::Border::kReflect, 3);
}
Tensor replication_pad1d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("replication_pad1d", self, padding, ops::Border::kReplicate, 1);
}
Tensor replication_pad2d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("replication_pad2d", self, padding, ops::Border::kReplicate, 2);
}
Tensor replication_pad3d(const Tensor& self, IntArrayRef padding) {
    return ops::pad_dims("replication_pad3d", self, padding, ops::Border::kReplicate, 3);
}

Tensor pad_sequence(const TensorList& sequences, bool batch_first, double padding_value,
                    std::string_view padding_side) {
    constexpr const char* kName = "pad_sequence";
    if (sequences.empty()) raise<ValueError>(kName, "received an empty list of sequences");
    if (padding_side != "left" && padding_side != "right")
        raise<ValueError>(kName, "Expected padding_side to be 'left' or 'right', but got '", padding_side, "'");
    std::int64_t longest = 0;
    for (const Tensor& x : sequences) {
        ops::check_defined(kName, x);
        const Tensor& first = sequences.front();
        if (x.dim() == 0 || x.dim() != first.dim() ||
            !(x.sizes().slice(1, x.sizes().size() - 1) == first.sizes().slice(1, first.sizes().size() - 1)))
            raise<ShapeError>(kName, "the sequences may differ in their first dimension only, got ",
                              shape_string(first.sizes()), " and ", shape_string(x.sizes()));
        longest = std::max(longest, x.size(0));
    }
    TensorList padded;
    for (const Tensor& x : sequences) {
        Dims widths(2 * x.sizes().size());
        widths[widths.size() - (padding_side == "left" ? 2 : 1)] = longest - x.size(0);
        padded.push_back(constant_pad_nd(x, widths, padding_value));
    }
    return stack(padded, batch_first ? 0 : 1);
}

}  // namespace xgrad
