#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/shape/as_strided.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

struct Select {
    static constexpr const char* name = "select";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool shares_memory = true;
    static constexpr bool linear = true;

    std::int64_t dim, index;

    Geometry of(Geometry g) const {
        const auto d = static_cast<std::size_t>(dim);
        g.offset += index * g.strides[d];
        g.sizes.erase(d);
        g.strides.erase(d);
        return g;
    }
    Tensor forward(const Tensor& x) const { return view_part(*this, x); }
    void vjp(Vjp& b) const { b.set(0, part_gradient(*this, b.grad(), b.meta(0).sizes)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).select(dim + 1, index), 0};
    }
};

struct Slice {
    static constexpr const char* name = "slice";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool shares_memory = true;
    static constexpr bool linear = true;

    std::int64_t dim, start, length, step;

    Geometry of(Geometry g) const {
        const auto d = static_cast<std::size_t>(dim);
        g.offset += start * g.strides[d];
        g.sizes[d] = length;
        g.strides[d] *= step;
        return g;
    }
    Tensor forward(const Tensor& x) const { return view_part(*this, x); }
    void vjp(Vjp& b) const { b.set(0, part_gradient(*this, b.grad(), b.meta(0).sizes)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).slice(dim + 1, start, start + length * step, step), 0};
    }
};

/// Windows along a dimension, the elements of each in a new last one.
struct Unfold {
    static constexpr const char* name = "unfold";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool shares_memory = true;
    static constexpr bool linear = true;

    std::int64_t dim, size, step;

    Geometry of(Geometry g) const {
        const auto d = static_cast<std::size_t>(dim);
        const std::int64_t element = g.strides[d];
        g.sizes[d] = (g.sizes[d] - size) / step + 1;
        g.strides[d] *= step;
        g.sizes.push_back(size);
        g.strides.push_back(element);
        return g;
    }
    Tensor forward(const Tensor& x) const { return view_part(*this, x); }
    void vjp(Vjp& b) const { b.set(0, part_gradient(*this, b.grad(), b.meta(0).sizes)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).unfold(dim + 1, size, step), 0};
    }
};

using Slices = Family<Select, Slice, Unfold>;

/// The gradients of all pieces of a tensor joined at once: one by one, each would cost as much as the whole tensor.
class PiecesNode final : public OpNode {
  public:
    PiecesNode(const char* operation, const Tensor& source, std::int64_t dim, bool stacked, std::size_t count)
        : OpNode(operation), dim_(dim), stacked_(stacked), edge_(detail::gradient_edge(source)), metas_(count) {
        set_edges(&edge_, 1);
        set_metas(metas_.data(), count);
    }
    void record_output(std::size_t k, const Tensor& piece) { metas_[k] = {piece.sizes(), piece.dtype()}; }

    void apply(std::span<const Tensor> grads, std::span<Tensor> results, autograd::WantedEdges) override {
        TensorList parts(grads.begin(), grads.end());
        for (std::size_t k = 0; k < parts.size(); ++k)
            if (!parts[k].defined()) parts[k] = zeros({}, metas_[k].dtype).expand(metas_[k].sizes);
        results[0] = stacked_ ? stack(parts, dim_) : cat(parts, dim_);
    }

  private:
    std::int64_t dim_;
    bool stacked_;
    Edge edge_;
    detail::PoolVector<TensorMeta> metas_;
};

/// `count` views of `self`, which together are all of it: piece(i) is the operation that makes the i-th.
template <class Piece>
TensorList take_apart(const char* operation, const Tensor& self, std::int64_t dim, std::int64_t count, Piece piece) {
    TensorList out;
    const bool joint = GradMode::is_enabled() && records(self) && !wrapped(self);
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back(joint ? piece(i).forward(self) : Slices::apply(piece(i), self));
    if (!joint || out.empty()) return out;
    constexpr bool stacked = std::is_same_v<decltype(piece(0)), Select>;
    auto* node = new PiecesNode(operation, self, dim, stacked, out.size());
    const auto owner = NodePtr::adopt(node);
    for (std::uint32_t k = 0; k < out.size(); ++k) {
        node->record_output(k, out[k]);
        detail::set_history(out[k], owner, k);
    }
    return out;
}

}  // namespace

std::vector<OpInfo> slice_operations() { return Slices::table(); }

}  // namespace ops

Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index) {
    if (self.dim() == 0) raise<IndexError>("select", "cannot be applied to a 0-dim tensor");
    const std::int64_t d = wrap_dim(dim, self.dim(), "select"), n = self.size(d);
    if (index < -n || index >= n)
        raise<IndexError>("select", "index ", index, " out of range for tensor of size ", self.sizes(),
                          " at dimension ", d);
    return ops::Slices::apply(ops::Select{d, index < 0 ? index + n : index}, self);
}

Tensor Tensor::slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
                     std::int64_t step) const {
    if (this->dim() == 0) raise<IndexError>("slice", "cannot be applied to a 0-dim tensor");
    if (step <= 0) raise<ValueError>("slice", "slice step must be positive, got ", step);
    const std::int64_t d = wrap_dim(dim, this->dim(), "slice"), n = size(d);
    const auto bound = [n](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + n : i, 0, n); };
    const std::int64_t from = bound(start.value_or(0)), to = end ? bound(*end) : n;
    const std::int64_t length = to > from ? (to - from - 1) / step + 1 : 0;
    // A step that is never taken may be shorter: the stride must not overflow.
    return ops::Slices::apply(ops::Slice{d, from, length, std::min(step, std::max<std::int64_t>(n, 1))}, *this);
}

Tensor slice(const Tensor& self, std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
             std::int64_t step) {
    return self.slice(dim, start, end, step);
}

Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length) {
    if (self.dim() == 0) raise<IndexError>("narrow", "cannot be applied to a 0-dim tensor");
    const std::int64_t n = self.size(dim), from = start < 0 ? start + n : start;
    if (length < 0) raise<ValueError>("narrow", "length must be non-negative, got ", length);
    if (from < 0 || from > n || length > n - from)
        raise<IndexError>("narrow", "start (", start, ") + length (", length, ") exceeds dimension size (", n, ")");
    return self.slice(dim, from, from + length);
}

Tensor narrow(const Tensor& self, std::int64_t dim, const Tensor& start, std::int64_t length) {
    if (start.dim() != 0 || !is_integral(start.dtype()))
        raise<DtypeError>("narrow", "start must be an 0-dim integral Tensor, got ", start.toString());
    return narrow(self, dim, start.item<std::int64_t>(), length);
}
Tensor narrow_copy(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length) {
    return self.narrow(dim, start, length).clone();
}

Tensor Tensor::unfold(std::int64_t dimension, std::int64_t size, std::int64_t step) const {
    const std::int64_t d = wrap_dim(dimension, dim(), "unfold"), n = dim() == 0 ? 1 : this->size(d);
    if (size < 0) raise<ValueError>("unfold", "size is ", size, " but must be >= 0");
    if (size > n)
        raise<ShapeError>("unfold", "maximum size for tensor at dimension ", d, " is ", n, " but size is ", size);
    if (step <= 0) raise<ValueError>("unfold", "step is ", step, " but must be > 0");
    if (dim() == 0) return unsqueeze(0).slice(0, 0, size);
    // A step that is never taken may be shorter: the stride must not overflow.
    return ops::Slices::apply(ops::Unfold{d, size, std::min(step, std::max<std::int64_t>(n, 1))}, *this);
}

std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim) {
    if (self.dim() == 0) raise<IndexError>("unbind", "cannot be applied to a 0-dim tensor");
    const std::int64_t d = wrap_dim(dim, self.dim(), "unbind");
    return ops::take_apart("unbind", self, d, self.size(d), [d](std::int64_t i) { return ops::Select{d, i}; });
}
std::vector<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim) {
    if (self.dim() == 0) raise<IndexError>("split", "cannot be applied to a 0-dim tensor");
    const std::int64_t d = wrap_dim(dim, self.dim(), "split"), n = self.size(d);
    if (split_size <= 0) raise<ValueError>("split", "expects split_size to be positive, got ", split_size);
    return ops::take_apart("split", self, d, n > 0 ? (n - 1) / split_size + 1 : 1, [=](std::int64_t i) {
        const std::int64_t at = i * split_size;
        return ops::Slice{d, at, std::min(split_size, n - at), 1};
    });
}
std::vector<Tensor> split_with_sizes(const Tensor& self, IntArrayRef split_sizes, std::int64_t dim) {
    if (self.dim() == 0) raise<IndexError>("split_with_sizes", "cannot be applied to a 0-dim tensor");
    const std::int64_t d = wrap_dim(dim, self.dim(), "split_with_sizes"), n = self.size(d);
    Dims starts(split_sizes.size());
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < split_sizes.size(); ++i) {
        starts[i] = sum;
        if (split_sizes[i] < 0 || split_sizes[i] > n - sum)
            raise<ShapeError>("split_with_sizes",
                              "expects split_sizes to have only non-negative entries that sum "
                              "exactly to ",
                              n, " (input tensor's size at dimension ", d, "), but got split_sizes=", split_sizes);
        sum += split_sizes[i];
    }
    if (sum != n)
        raise<ShapeError>("split_with_sizes", "expects split_sizes to sum exactly to ", n,
                          " (input tensor's size at dimension ", d, "), but got split_sizes=", split_sizes);
    const auto count = static_cast<std::int64_t>(split_sizes.size());
    return ops::take_apart("split_with_sizes", self, d, count, [&](std::int64_t i) {
        const auto k = static_cast<std::size_t>(i);
        return ops::Slice{d, starts[k], split_sizes[k], 1};
    });
}
std::vector<Tensor> split(const Tensor& self, IntArrayRef split_size, std::int64_t dim) {
    return split_with_sizes(self, split_size, dim);
}
std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim) {
    if (chunks <= 0) raise<ValueError>("chunk", "expects `chunks` to be greater than 0, got: ", chunks);
    if (self.dim() == 0) raise<IndexError>("chunk", "cannot be applied to a 0-dim tensor");
    const std::int64_t n = self.size(wrap_dim(dim, self.dim(), "chunk"));
    if (n == 0) return self.split(std::vector<std::int64_t>(static_cast<std::size_t>(chunks)), dim);
    return self.split((n - 1) / chunks + 1, dim);
}

Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return xgrad::select(*this, dim, index); }
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
    return xgrad::narrow(*this, dim, start, length);
}
Tensor Tensor::narrow(std::int64_t dim, const Tensor& start, std::int64_t length) const {
    return xgrad::narrow(*this, dim, start, length);
}
Tensor Tensor::narrow_copy(std::int64_t dim, std::int64_t start, std::int64_t length) const {
    return xgrad::narrow_copy(*this, dim, start, length);
}
std::vector<Tensor> Tensor::unbind(std::int64_t dim) const { return xgrad::unbind(*this, dim); }
std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
    return xgrad::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split(IntArrayRef split_size, std::int64_t dim) const {
    return xgrad::split_with_sizes(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split_with_sizes(IntArrayRef split_sizes, std::int64_t dim) const {
    return xgrad::split_with_sizes(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
    return xgrad::chunk(*this, chunks, dim);
}

}  // namespace xgrad
