#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/as_strided.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::wrap_dim;

namespace ops {

namespace {

/// Also reshape, which copies where it can't view.
struct View {
    static constexpr const char* name = "view";
    static constexpr Uses uses[] = {kNothing};

    Dims sizes;
    bool may_copy = false;

    Tensor forward(const Tensor& x) const {
        auto strides = detail::view_strides(x.sizes(), x.strides(), sizes);
        if (!strides && may_copy) {
            Tensor out = x.clone();
            out.unsafeGetTensorImpl()->set_geometry(0, sizes, detail::contiguous_strides(sizes));
            return out;
        }
        if (!strides)
            raise<ShapeError>(name,
                              "view size is not compatible with input tensor's size and stride (at least one "
                              "dimension spans across two contiguous subspaces). Use .reshape(...) instead. Shape ",
                              detail::shape_string(x.sizes()), ", strides ", detail::shape_string(x.strides()),
                              ", asked ", detail::shape_string(sizes));
        return detail::make_view(x, x.storage_offset(), sizes, std::move(*strides));
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().reshape(b.meta(0).sizes)); }
    Tensor jvp(std::span<const Tensor>, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].reshape(sizes);
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        Dims with_batch = sizes;
        with_batch.insert(0, x[0].size(dims[0]));
        return {x[0].movedim(dims[0], 0).reshape(with_batch), 0};
    }
};

struct Permute {
    static constexpr const char* name = "permute";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Dims order;

    Tensor forward(const Tensor& x) const {
        Dims sizes(order.size()), strides(order.size());
        for (std::size_t d = 0; d < order.size(); ++d) {
            sizes[d] = x.sizes()[static_cast<std::size_t>(order[d])];
            strides[d] = x.strides()[static_cast<std::size_t>(order[d])];
        }
        return detail::make_view(x, x.storage_offset(), std::move(sizes), std::move(strides));
    }
    void vjp(Vjp& b) const {
        Dims inverse(order.size());
        for (std::size_t d = 0; d < order.size(); ++d)
            inverse[static_cast<std::size_t>(order[d])] = static_cast<std::int64_t>(d);
        b.set(0, b.grad().permute(inverse));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        Dims with_batch{0};
        for (auto d : order) with_batch.push_back(d + 1);
        return {x[0].movedim(dims[0], 0).permute(with_batch), 0};
    }
};

struct Transpose {
    static constexpr const char* name = "transpose";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t dim0, dim1;

    Tensor forward(const Tensor& x) const {
        Dims sizes = x.sizes(), strides = x.strides();
        std::swap(sizes[static_cast<std::size_t>(dim0)], sizes[static_cast<std::size_t>(dim1)]);
        std::swap(strides[static_cast<std::size_t>(dim0)], strides[static_cast<std::size_t>(dim1)]);
        return detail::make_view(x, x.storage_offset(), std::move(sizes), std::move(strides));
    }
    void vjp(Vjp& b) const { b.set(0, b.grad().transpose(dim0, dim1)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).transpose(dim0 + 1, dim1 + 1), 0};
    }
};

/// The engine sums the gradient back down.
struct Expand {
    static constexpr const char* name = "expand";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Dims sizes;

    Tensor forward(const Tensor& x) const {
        Dims strides(sizes.size());
        const std::size_t fresh = sizes.size() - x.sizes().size();
        for (std::size_t d = fresh; d < sizes.size(); ++d)
            strides[d] = x.sizes()[d - fresh] == 1 && sizes[d] != 1 ? 0 : x.strides()[d - fresh];
        return detail::make_view(x, x.storage_offset(), sizes, std::move(strides));
    }
    void vjp(Vjp& b) const { b.set(0, b.grad()); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const Tensor batch_first = x[0].movedim(dims[0], 0);
        Dims own = batch_first.sizes(), with_batch = sizes;
        while (own.size() < sizes.size() + 1) own.insert(1, 1);
        with_batch.insert(0, own[0]);
        return {batch_first.reshape(own).expand(with_batch), 0};
    }
};

struct Select {
    static constexpr const char* name = "select";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t dim, index;

    Geometry of(std::int64_t offset, Dims sizes, Dims strides) const {
        const auto d = static_cast<std::size_t>(dim);
        offset += index * strides[d];
        sizes.erase(d);
        strides.erase(d);
        return {offset, std::move(sizes), std::move(strides)};
    }
    Tensor forward(const Tensor& x) const {
        Geometry g = of(x.storage_offset(), x.sizes(), x.strides());
        return detail::make_view(x, g.offset, std::move(g.sizes), std::move(g.strides));
    }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        Geometry source{0, sizes, detail::contiguous_strides(sizes)};
        b.set(0, scatter_view(b.grad(), of(0, sizes, source.strides), source));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).select(dim + 1, index), 0};
    }
};

struct Slice {
    static constexpr const char* name = "slice";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t dim, start, length, step;

    Geometry of(std::int64_t offset, Dims sizes, Dims strides) const {
        const auto d = static_cast<std::size_t>(dim);
        offset += start * strides[d];
        sizes[d] = length;
        strides[d] *= step;
        return {offset, std::move(sizes), std::move(strides)};
    }
    Tensor forward(const Tensor& x) const {
        Geometry g = of(x.storage_offset(), x.sizes(), x.strides());
        return detail::make_view(x, g.offset, std::move(g.sizes), std::move(g.strides));
    }
    void vjp(Vjp& b) const {
        const Dims& sizes = b.meta(0).sizes;
        Geometry source{0, sizes, detail::contiguous_strides(sizes)};
        b.set(0, scatter_view(b.grad(), of(0, sizes, source.strides), source));
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).slice(dim + 1, start, start + length * step, step), 0};
    }
};

using Views = Family<View, Permute, Transpose, Expand, Select, Slice>;

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
        out.push_back(joint ? piece(i).forward(self) : Views::apply(piece(i), self));
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

std::vector<OpInfo> view_operations() { return Views::table(); }

}  // namespace ops

// --- Shape without moving memory

Tensor Tensor::view(IntArrayRef size) const {
    return ops::Views::apply(ops::View{detail::infer_size(size, numel(), "view")}, *this);
}

Tensor reshape(const Tensor& self, IntArrayRef shape) {
    return ops::Views::apply(ops::View{detail::infer_size(shape, self.numel(), "reshape"), true}, self);
}

Tensor flatten(const Tensor& self, std::int64_t start_dim, std::int64_t end_dim) {
    const std::int64_t from = wrap_dim(start_dim, self.dim(), "flatten"), to = wrap_dim(end_dim, self.dim(), "flatten");
    if (from > to) raise<ValueError>("flatten", "start_dim ", start_dim, " comes after end_dim ", end_dim);
    if (self.dim() == 0) return self.reshape({1});
    Dims sizes;
    std::int64_t merged = 1;
    for (std::int64_t d = 0; d < self.dim(); ++d) {
        merged = d > from && d <= to ? merged * self.size(d) : self.size(d);
        if (d >= from && d < to) continue;
        sizes.push_back(merged);
    }
    return self.reshape(sizes);
}

Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1) {
    const ops::Transpose op{wrap_dim(dim0, self.dim(), "transpose"), wrap_dim(dim1, self.dim(), "transpose")};
    if (self.dim() == 0) return self;
    return ops::Views::apply(op, self);
}

Tensor t(const Tensor& self) {
    if (self.dim() > 2) raise<ShapeError>("t", "expects a tensor with <= 2 dimensions, but self is ", self.dim(), "D");
    return self.dim() < 2 ? self : self.transpose(0, 1);
}

Tensor permute(const Tensor& self, IntArrayRef dims) {
    if (static_cast<std::int64_t>(dims.size()) != self.dim())
        raise<ShapeError>("permute",
                          "number of dimensions in the tensor input does not match the length of the desired "
                          "ordering of dimensions i.e. input.dim() = ",
                          self.dim(), " is not equal to len(dims) = ", dims.size());
    Dims order;
    for (auto d : dims) {
        const std::int64_t wrapped = wrap_dim(d, self.dim(), "permute");
        if (std::ranges::find(order, wrapped) != order.end())
            raise<ValueError>("permute", "duplicate dims are not allowed, got ", dims);
        order.push_back(wrapped);
    }
    return ops::Views::apply(ops::Permute{std::move(order)}, self);
}

Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination) {
    const std::int64_t from = wrap_dim(source, self.dim(), "movedim"),
                       to = wrap_dim(destination, self.dim(), "movedim");
    if (from == to) return self;
    Dims order;
    for (std::int64_t d = 0; d < self.dim(); ++d)
        if (d != from) order.push_back(d);
    order.insert(static_cast<std::size_t>(to), from);
    return self.permute(order);
}

Tensor squeeze(const Tensor& self) {
    Dims sizes;
    for (auto s : self.sizes())
        if (s != 1) sizes.push_back(s);
    return self.view(sizes);
}
Tensor squeeze(const Tensor& self, std::int64_t dim) {
    const std::int64_t d = wrap_dim(dim, self.dim(), "squeeze");
    Dims sizes = self.sizes();
    if (self.dim() > 0 && sizes[static_cast<std::size_t>(d)] == 1) sizes.erase(static_cast<std::size_t>(d));
    return self.view(sizes);
}
Tensor unsqueeze(const Tensor& self, std::int64_t dim) {
    Dims sizes = self.sizes();
    sizes.insert(static_cast<std::size_t>(wrap_dim(dim, self.dim() + 1, "unsqueeze")), 1);
    detail::checked_numel(sizes, "unsqueeze");
    return self.view(sizes);
}

Tensor Tensor::expand(IntArrayRef size, bool) const {
    Dims sizes = size;
    const std::int64_t fresh = static_cast<std::int64_t>(size.size()) - dim();
    if (fresh < 0)
        raise<ShapeError>("expand", "the number of sizes provided (", size.size(),
                          ") must be greater or equal to the number of dimensions in the tensor (", dim(), ")");
    for (std::size_t d = 0; d < sizes.size(); ++d) {
        const bool is_fresh = static_cast<std::int64_t>(d) < fresh;
        const std::int64_t own = is_fresh ? 1 : this->sizes()[d - static_cast<std::size_t>(fresh)];
        if (sizes[d] == -1 && !is_fresh) sizes[d] = own;
        if (sizes[d] < 0 || (own != 1 && sizes[d] != own))
            raise<ShapeError>("expand", "The expanded size of the tensor (", size[d],
                              ") must match the existing size (", own, ") at non-singleton dimension ", d,
                              ". Target sizes: ", size, ". Tensor sizes: ", this->sizes());
    }
    detail::checked_numel(sizes, "expand");
    return ops::Views::apply(ops::Expand{std::move(sizes)}, *this);
}
Tensor broadcast_to(const Tensor& self, IntArrayRef size) { return self.expand(size); }

// --- Parts

Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index) {
    if (self.dim() == 0) raise<IndexError>("select", "cannot be applied to a 0-dim tensor");
    const std::int64_t d = wrap_dim(dim, self.dim(), "select"), n = self.size(d);
    if (index < -n || index >= n)
        raise<IndexError>("select", "index ", index, " out of range for tensor of size ", self.sizes(),
                          " at dimension ", d);
    return ops::Views::apply(ops::Select{d, index < 0 ? index + n : index}, self);
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
    return ops::Views::apply(ops::Slice{d, from, length, std::min(step, std::max<std::int64_t>(n, 1))}, *this);
}

Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length) {
    if (self.dim() == 0) raise<IndexError>("narrow", "cannot be applied to a 0-dim tensor");
    const std::int64_t n = self.size(dim), from = start < 0 ? start + n : start;
    if (length < 0) raise<ValueError>("narrow", "length must be non-negative, got ", length);
    if (from < 0 || from > n || length > n - from)
        raise<IndexError>("narrow", "start (", start, ") + length (", length, ") exceeds dimension size (", n, ")");
    return self.slice(dim, from, from + length);
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
std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim) {
    if (chunks <= 0) raise<ValueError>("chunk", "expects `chunks` to be greater than 0, got: ", chunks);
    if (self.dim() == 0) raise<IndexError>("chunk", "cannot be applied to a 0-dim tensor");
    const std::int64_t n = self.size(wrap_dim(dim, self.dim(), "chunk"));
    return self.split(n > 0 ? (n - 1) / chunks + 1 : 1, dim);
}

Tensor Tensor::reshape(IntArrayRef shape) const { return xgrad::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
    return xgrad::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return xgrad::transpose(*this, dim0, dim1); }
Tensor Tensor::t() const { return xgrad::t(*this); }
Tensor Tensor::permute(IntArrayRef dims) const { return xgrad::permute(*this, dims); }
Tensor Tensor::movedim(std::int64_t source, std::int64_t destination) const {
    return xgrad::movedim(*this, source, destination);
}
Tensor Tensor::squeeze() const { return xgrad::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return xgrad::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return xgrad::unsqueeze(*this, dim); }
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return xgrad::select(*this, dim, index); }
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
    return xgrad::narrow(*this, dim, start, length);
}
std::vector<Tensor> Tensor::unbind(std::int64_t dim) const { return xgrad::unbind(*this, dim); }
std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
    return xgrad::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
    return xgrad::chunk(*this, chunks, dim);
}

}  // namespace xgrad
