#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

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
    static constexpr bool shares_memory = true;

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
    static constexpr bool shares_memory = true;
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
    static constexpr bool shares_memory = true;
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
    static constexpr bool shares_memory = true;
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

using Views = Family<View, Permute, Transpose, Expand>;

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

Tensor unflatten(const Tensor& self, std::int64_t dim, IntArrayRef sizes) {
    if (self.dim() == 0) raise<IndexError>("unflatten", "cannot be applied to a 0-dim tensor");
    if (sizes.empty()) raise<ValueError>("unflatten", "sizes must be non-empty");
    const auto d = static_cast<std::size_t>(wrap_dim(dim, self.dim(), "unflatten"));
    Dims shape = self.sizes();
    const Dims inner = detail::infer_size(sizes, shape[d], "unflatten");
    shape.erase(d);
    for (std::size_t i = 0; i < inner.size(); ++i) shape.insert(d + i, inner[i]);
    return self.view(shape);
}

Tensor ravel(const Tensor& self) { return self.reshape({-1}).contiguous(); }

Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1) {
    const ops::Transpose op{wrap_dim(dim0, self.dim(), "transpose"), wrap_dim(dim1, self.dim(), "transpose")};
    if (self.dim() == 0) return self;
    return ops::Views::apply(op, self);
}

Tensor t(const Tensor& self) {
    if (self.dim() > 2) raise<ShapeError>("t", "expects a tensor with <= 2 dimensions, but self is ", self.dim(), "D");
    return self.dim() < 2 ? self : self.transpose(0, 1);
}

Tensor Tensor::mT() const {
    if (dim() < 2)
        raise<ShapeError>("mT", "is only supported on matrices or batches of matrices. Got ", dim(), "-D tensor");
    return transpose(-2, -1);
}
Tensor Tensor::mH() const { return mT(); }
Tensor Tensor::adjoint() const { return mT(); }
Tensor Tensor::matrix_H() const {
    if (dim() != 0 && dim() != 2)
        raise<ShapeError>("matrix_H", "is only supported on matrices (2-D tensors). Got ", dim(), "-D tensor");
    return t();
}
Tensor Tensor::numpy_T() const {
    Dims reversed;
    for (std::int64_t d = dim(); d-- > 0;) reversed.push_back(d);
    return permute(reversed);
}
Tensor adjoint(const Tensor& self) { return self.adjoint(); }
Tensor swapaxes(const Tensor& self, std::int64_t axis0, std::int64_t axis1) { return self.transpose(axis0, axis1); }
Tensor swapdims(const Tensor& self, std::int64_t dim0, std::int64_t dim1) { return self.transpose(dim0, dim1); }

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

Tensor movedim(const Tensor& self, IntArrayRef source, IntArrayRef destination) {
    if (source.size() != destination.size())
        raise<ValueError>("movedim", "Invalid source or destination dims: source (", source,
                          " dims) should contain the same number of dims as destination (", destination, " dims)");
    constexpr std::int64_t kFree = -1;
    Dims order(self.sizes().size(), kFree);
    std::uint64_t moved = 0;
    for (std::size_t i = 0; i < source.size(); ++i) {
        const std::int64_t from = wrap_dim(source[i], self.dim(), "movedim");
        const auto to = static_cast<std::size_t>(wrap_dim(destination[i], self.dim(), "movedim"));
        if (moved >> from & 1) raise<ValueError>("movedim", "repeated dim in `source` (", source, ')');
        moved |= std::uint64_t{1} << from;
        if (self.dim() == 0) continue;
        if (order[to] != kFree) raise<ValueError>("movedim", "repeated dim in `destination` (", destination, ')');
        order[to] = from;
    }
    std::int64_t next = 0;
    for (std::int64_t& d : order) {
        if (d != kFree) continue;
        while (moved >> next & 1) ++next;
        d = next++;
    }
    return self.permute(order);
}
Tensor moveaxis(const Tensor& self, std::int64_t source, std::int64_t destination) {
    return self.movedim(source, destination);
}
Tensor moveaxis(const Tensor& self, IntArrayRef source, IntArrayRef destination) {
    return self.movedim(source, destination);
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
Tensor squeeze(const Tensor& self, IntArrayRef dim) {
    const std::uint64_t chosen = dim.empty() ? 0 : detail::dim_mask(dim, self.dim(), "squeeze");
    Dims sizes;
    for (std::size_t d = 0; d < self.sizes().size(); ++d)
        if (self.sizes()[d] != 1 || !(chosen >> d & 1)) sizes.push_back(self.sizes()[d]);
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
std::vector<Tensor> broadcast_tensors(const TensorList& tensors) {
    Dims sizes;
    for (const Tensor& x : tensors) sizes = detail::broadcast_shapes(sizes, x.sizes(), "broadcast_tensors");
    std::vector<Tensor> out;
    for (const Tensor& x : tensors) out.push_back(x.expand(sizes));
    return out;
}

Tensor Tensor::reshape(IntArrayRef shape) const { return xgrad::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
    return xgrad::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::unflatten(std::int64_t dim, IntArrayRef sizes) const { return xgrad::unflatten(*this, dim, sizes); }
Tensor Tensor::ravel() const { return xgrad::ravel(*this); }
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return xgrad::transpose(*this, dim0, dim1); }
Tensor Tensor::t() const { return xgrad::t(*this); }
Tensor Tensor::permute(IntArrayRef dims) const { return xgrad::permute(*this, dims); }
Tensor Tensor::movedim(std::int64_t source, std::int64_t destination) const {
    return xgrad::movedim(*this, source, destination);
}
Tensor Tensor::movedim(IntArrayRef source, IntArrayRef destination) const {
    return xgrad::movedim(*this, source, destination);
}
Tensor Tensor::squeeze() const { return xgrad::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return xgrad::squeeze(*this, dim); }
Tensor Tensor::squeeze(IntArrayRef dim) const { return xgrad::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return xgrad::unsqueeze(*this, dim); }

}  // namespace xgrad
