#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/indexing/index_walk.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <cstring>

/// Copies in another order, and more than one of them.
namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

/// The strides of a tensor read backwards along some dimensions, and where its first element then lies.
struct Backwards {
    Backwards(const Tensor& x, IntArrayRef flipped) : strides(x.strides()) {
        for (const auto d : flipped) {
            const auto k = static_cast<std::size_t>(d);
            start += (x.sizes()[k] - 1) * strides[k];
            strides[k] = -strides[k];
        }
    }

    std::int64_t start = 0;
    Dims strides;
};

template <class T>
void copy_line(T* to, const T* from, std::int64_t stride, std::int64_t n) {
    if (stride == 1) {
        std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
    } else if (stride == -1) {
        std::reverse_copy(from - (n - 1), from + 1, to);
    } else {
        for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * stride];
    }
}

struct Flip {
    static constexpr const char* name = "flip";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Dims flipped;

    Tensor forward(const Tensor& x) const {
        Tensor out = empty(x.sizes(), x.dtype());
        if (x.numel() == 0) return out;
        const Backwards source(x, flipped);
        Axes lines(x.sizes(), source.strides);
        const auto [length, stride] = lines.split_innermost();
        visit_element(x.dtype(), [&, n = length, step = stride](auto element) {
            using T = decltype(element);
            const T* from = static_cast<const T*>(x.unsafeGetTensorImpl()->data()) + source.start;
            T* to = static_cast<T*>(out.unsafeGetTensorImpl()->data());
            detail::parallel_for(0, lines.numel(), kGrain / n, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) copy_line(to + i * n, from + lines.offset(i), step, n);
            });
        });
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().flip(flipped)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        Dims with_batch = flipped;
        for (auto& d : with_batch) ++d;
        return {x[0].movedim(dims[0], 0).flip(with_batch), 0};
    }
};

/// The last `shift` elements of a dimension come first.
struct Roll {
    static constexpr const char* name = "roll";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t shift, dim;

    Tensor forward(const Tensor& x) const {
        const std::int64_t stay = x.size(dim) - shift;
        Tensor out = empty(x.sizes(), x.dtype());
        copy(out.narrow(dim, shift, stay), x.narrow(dim, 0, stay));
        copy(out.narrow(dim, 0, shift), x.narrow(dim, stay, shift));
        return out;
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().roll(-shift, dim)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).roll(shift, dim + 1), 0};
    }
};

using Rearrangements = Family<Flip, Roll>;

/// `count` copies of each slice along `dim`, one after the other.
Tensor repeat_slices(const Tensor& x, std::int64_t dim, std::int64_t count) {
    Dims sizes = x.sizes();
    const auto d = static_cast<std::size_t>(dim);
    sizes.insert(d + 1, count);
    const Tensor copies = x.unsqueeze(dim + 1).expand(sizes).clone();
    sizes.erase(d + 1);
    sizes[d] *= count;
    return copies.view(sizes);
}

void check_output_size(std::optional<std::int64_t> asked, std::int64_t size) {
    if (asked && *asked != size)
        raise<ValueError>("repeat_interleave", "allocated size does not match required size: output_size is ", *asked,
                          ", the repeats add up to ", size);
}

}  // namespace

std::vector<OpInfo> rearrangement_operations() { return Rearrangements::table(); }

}  // namespace ops

Tensor flip(const Tensor& self, IntArrayRef dims) {
    ops::Flip op;
    const std::uint64_t flipped = dims.empty() ? 0 : detail::dim_mask(dims, self.dim(), "flip");
    for (std::int64_t d = 0; d < self.dim(); ++d)
        if (flipped >> d & 1) op.flipped.push_back(d);
    return ops::Rearrangements::apply(op, self);
}
Tensor fliplr(const Tensor& self) {
    if (self.dim() < 2) raise<ShapeError>("fliplr", "Input must be >= 2-d., got ", self.dim(), "-d");
    return self.flip(1);
}
Tensor flipud(const Tensor& self) {
    if (self.dim() < 1) raise<ShapeError>("flipud", "Input must be >= 1-d., got ", self.dim(), "-d");
    return self.flip(0);
}

Tensor roll(const Tensor& self, IntArrayRef shifts, IntArrayRef dims) {
    if (shifts.empty()) raise<ValueError>("roll", "`shifts` required");
    if (dims.empty() && shifts.size() == 1) return self.reshape({-1}).roll(shifts, 0).view(self.sizes());
    if (shifts.size() != dims.size())
        raise<ValueError>("roll", "shifts and dimensions must align. shifts: ", shifts.size(), ", dims:", dims.size());
    Tensor out = self;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        const std::int64_t dim = wrap_dim(dims[i], self.dim(), "roll");
        const std::int64_t n = self.dim() == 0 ? 1 : self.size(dim), shift = n > 0 ? shifts[i] % n : 0;
        out = self.dim() == 0 ? self.clone()
                              : ops::Rearrangements::apply(ops::Roll{shift < 0 ? shift + n : shift, dim}, out);
    }
    return out;
}

Tensor rot90(const Tensor& self, std::int64_t k, IntArrayRef dims) {
    if (dims.size() != 2) raise<ValueError>("rot90", "expected total rotation dims == 2, but got dims = ", dims.size());
    if (self.dim() < 2) raise<ShapeError>("rot90", "expected total dims >= 2, but got total dims = ", self.dim());
    const std::int64_t from = wrap_dim(dims[0], self.dim(), "rot90"), to = wrap_dim(dims[1], self.dim(), "rot90");
    if (from == to)
        raise<ValueError>("rot90", "expected rotation dims to be different, but got dim0 = ", dims[0],
                          " and dim1 = ", dims[1]);
    switch ((k % 4 + 4) % 4) {
        case 1:
            return self.flip(to).transpose(from, to);
        case 2:
            return self.flip({from, to});
        case 3:
            return self.flip(from).transpose(from, to);
        default:
            return self.clone();
    }
}

Tensor Tensor::repeat(IntArrayRef repeats) const {
    const std::size_t rank = sizes().size();
    if (repeats.size() < rank)
        raise<ShapeError>("repeat",
                          "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
                          "the repeats are ",
                          repeats, ", the sizes ", sizes());
    // Every dimension with copies is two for a while: (copies, size).
    Dims cut, wide, joined;
    const std::size_t fresh = repeats.size() - rank;
    for (std::size_t d = 0; d < repeats.size(); ++d) {
        const std::int64_t own = d < fresh ? 1 : sizes()[d - fresh], copies = repeats[d];
        if (copies < 0)
            raise<ValueError>("repeat", "Trying to create tensor with negative dimension: the repeats are ", repeats);
        std::int64_t both;
        if (__builtin_mul_overflow(own, copies, &both))
            raise<ShapeError>("repeat", "the repeats ", repeats, " of the sizes ", sizes(), " are more than fit");
        joined.push_back(both);
        if (copies != 1 && own != 1) {
            cut.push_back(1);
            wide.push_back(copies);
        }
        cut.push_back(own);
        wide.push_back(own == 1 ? copies : own);
    }
    return view(cut).expand(wide).clone().view(joined);
}

Tensor tile(const Tensor& self, IntArrayRef dims) {
    Dims repeats = dims;
    while (repeats.size() < self.sizes().size()) repeats.insert(0, 1);
    return self.repeat(repeats);
}

Tensor repeat_interleave(const Tensor& self, std::int64_t repeats, std::optional<std::int64_t> dim,
                         std::optional<std::int64_t> output_size) {
    if (repeats < 0) raise<ValueError>("repeat_interleave", "repeats must be non-negative, got ", repeats);
    const std::int64_t d = dim ? wrap_dim(*dim, self.dim(), "repeat_interleave") : 0;
    const Tensor x = dim && self.dim() > 0 ? self : self.reshape({-1});
    Tensor out = ops::repeat_slices(x, d, repeats);
    ops::check_output_size(output_size, out.size(d));
    return out;
}

Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> output_size) {
    if (repeats.dim() != 1)
        raise<ShapeError>("repeat_interleave", "only accept 1D vector as repeat, got ", repeats.dim(), "D");
    if (repeats.dtype() != kInt64 && repeats.dtype() != kInt32)
        raise<DtypeError>("repeat_interleave", "repeats has to be Long or Int tensor, got ", repeats.dtype());
    const Tensor counts = repeats.to(kInt64).contiguous();
    const auto* count = counts.data_ptr<std::int64_t>();
    const std::int64_t n = counts.numel();
    std::int64_t size = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if (count[i] < 0) raise<ValueError>("repeat_interleave", "repeats can not be negative, got ", count[i]);
        if (__builtin_add_overflow(size, count[i], &size))
            raise<ShapeError>("repeat_interleave", "the repeats add up to more than fits");
    }
    ops::check_output_size(output_size, size);
    Tensor out = empty({size}, kInt64);
    auto* at = out.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < n; ++i) at = std::fill_n(at, count[i], i);
    return out.to(repeats.dtype());
}

Tensor repeat_interleave(const Tensor& self, const Tensor& repeats, std::optional<std::int64_t> dim,
                         std::optional<std::int64_t> output_size) {
    const std::int64_t d = dim ? wrap_dim(*dim, self.dim(), "repeat_interleave") : 0;
    const Tensor x = dim && self.dim() > 0 ? self : self.reshape({-1});
    const std::int64_t n = x.size(d);
    Tensor counts = repeats;
    if (repeats.dim() == 0 || (repeats.dim() == 1 && repeats.size(0) == 1))
        counts = repeats.reshape({1}).expand({n});
    else if (repeats.dim() == 1 && repeats.size(0) != n)
        raise<ShapeError>("repeat_interleave", "repeats must have the same size as input along dim, got ",
                          repeats.size(0), " and ", n);
    return x.index_select(d, repeat_interleave(counts, output_size).to(kInt64));
}

Tensor Tensor::flip(IntArrayRef dims) const { return xgrad::flip(*this, dims); }
Tensor Tensor::fliplr() const { return xgrad::fliplr(*this); }
Tensor Tensor::flipud() const { return xgrad::flipud(*this); }
Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const { return xgrad::roll(*this, shifts, dims); }
Tensor Tensor::rot90(std::int64_t k, IntArrayRef dims) const { return xgrad::rot90(*this, k, dims); }
Tensor Tensor::tile(IntArrayRef dims) const { return xgrad::tile(*this, dims); }
Tensor Tensor::repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim,
                                 std::optional<std::int64_t> output_size) const {
    return xgrad::repeat_interleave(*this, repeats, dim, output_size);
}
Tensor Tensor::repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim,
                                 std::optional<std::int64_t> output_size) const {
    return xgrad::repeat_interleave(*this, repeats, dim, output_size);
}

}  // namespace xgrad
