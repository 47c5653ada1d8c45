#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/shape/as_strided.h>

#include <algorithm>

namespace xgrad {

namespace ops {

namespace {

bool overlaps(const Geometry& g) { return detail::has_overlap(g.sizes, g.strides); }

/// One past the last element; 0 if there is none.
std::int64_t end(const Geometry& g) {
    const std::int64_t extent = detail::checked_extent(g.sizes, g.strides, "as_strided");
    return extent > 0 ? g.offset + extent : 0;
}

Tensor view_of(const Tensor& memory, const Geometry& g) {
    return detail::make_view(memory, memory.storage_offset() + g.offset, g.sizes, g.strides);
}

template <class T>
void add_elements(T* memory, const Geometry& to, const T* element) {
    detail::Dims index(to.sizes.size());
    std::int64_t at = to.offset;
    for (;;) {
        memory[at] += *element++;
        std::size_t d = index.size();
        for (; d-- > 0;) {
            at += to.strides[d];
            if (++index[d] < to.sizes[d]) break;
            at -= to.strides[d] * to.sizes[d];
            index[d] = 0;
        }
        if (d == static_cast<std::size_t>(-1)) return;
    }
}

/// `size` elements of memory in which those of `x` lie as `to` says, added up where they meet; zeros elsewhere.
Tensor lay_out(const Tensor& x, const Geometry& to, std::int64_t size) {
    if (x.numel() == size && to.offset == 0 && detail::is_contiguous(to.sizes, to.strides)) return x.reshape({size});
    Tensor memory = zeros({size}, x.dtype());
    if (!overlaps(to)) {
        copy(view_of(memory, to), x);
        return memory;
    }
    const Tensor elements = x.contiguous();
    visit_dtype(x.dtype(), [&](auto v) {
        using T = decltype(v);
        if constexpr (std::is_floating_point_v<T>) add_elements(memory.data_ptr<T>(), to, elements.data_ptr<T>());
    });
    return memory;
}

/// The gradient of a source from that of a view of its memory, and when `transposed` the other way round: elements are
/// laid out by the one geometry and read by the other. What an element of memory collects is divided evenly among the
/// elements of the source that show it, as in PyTorch.
struct ScatterView {
    static constexpr const char* name = "as_strided_scatter";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Geometry view, source;
    bool transposed = false;

    Tensor forward(const Tensor& x) const {
        const Geometry& from = transposed ? source : view;
        const Geometry& to = transposed ? view : source;
        const std::int64_t size = memory_size();
        Tensor memory = lay_out(x, from, size);
        if (overlaps(source)) memory = memory / lay_out(ones(source.sizes, x.dtype()), source, size).clamp_min(1);
        const Tensor result = view_of(memory, to);
        const bool whole = result.numel() == size && !overlaps(to);
        return whole && !memory.is_alias_of(x) ? detail::make_alias(result) : result.clone();
    }
    void vjp(Vjp& b) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const;

  private:
    std::int64_t memory_size() const { return std::max(end(view), end(source)); }
};

/// No rule for jvp and vmap: a wrapped tensor has no memory of its own.
struct AsStrided {
    static constexpr const char* name = "as_strided";
    static constexpr Uses uses[] = {kNothing};

    Geometry view, source;  // in the storage

    Tensor forward(const Tensor& x) const { return detail::make_view(x, view.offset, view.sizes, view.strides); }
    void vjp(Vjp& b) const {
        Geometry v = view, s = source;
        const std::int64_t first = std::min(v.offset, s.offset);
        v.offset -= first;
        s.offset -= first;
        b.set(0, scatter_view(b.grad(), std::move(v), std::move(s)));
    }
};

using Strided = Family<ScatterView, AsStrided>;

void ScatterView::vjp(Vjp& b) const { b.set(0, Strided::apply(ScatterView{view, source, !transposed}, b.grad())); }

/// Every example has memory of its own, one after the other.
Batched ScatterView::batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
    const Tensor batch_first = x[0].movedim(dims[0], 0);
    const auto repeated = [&](Geometry g) {
        g.sizes.insert(0, batch_first.size(0));
        g.strides.insert(0, memory_size());
        return g;
    };
    return {Strided::apply(ScatterView{repeated(view), repeated(source), transposed}, batch_first), 0};
}

AsStrided as_strided_op(const Tensor& x, std::int64_t offset, IntArrayRef sizes, IntArrayRef strides) {
    return {{offset, sizes, strides}, {x.storage_offset(), x.sizes(), x.strides()}};
}

}  // namespace

Tensor scatter_view(const Tensor& grad, Geometry view, Geometry source) {
    return Strided::apply(ScatterView{std::move(view), std::move(source)}, grad);
}

std::vector<OpInfo> as_strided_operations() { return Strided::table(); }

}  // namespace ops

autograd::NodePtr detail::as_strided_node(const Tensor& base, std::int64_t offset, IntArrayRef sizes,
                                          IntArrayRef strides) {
    const ops::AsStrided op = ops::as_strided_op(base, offset, sizes, strides);
    auto* node = new ops::OpNodeOf<ops::AsStrided, 1, 1>(op);
    auto owner = autograd::NodePtr::adopt(node);
    const Tensor output[] = {op.forward(base)};
    node->record_inputs({&base});
    node->record_outputs(output);
    return owner;
}

namespace {

/// Whether elements of a view may lie outside of its base. That is said of every view of a base with gaps.
bool reaches_outside(const detail::TensorImpl& view, const detail::TensorImpl& base) {
    if (view.numel == 0) return false;
    const std::int64_t base_extent = detail::checked_extent(base.sizes, base.strides, "as_strided");
    if (base_extent != base.numel || detail::has_overlap(base.sizes, base.strides)) return true;
    const std::int64_t end = view.offset + detail::checked_extent(view.sizes, view.strides, "as_strided");
    return view.offset < base.offset || end > base.offset + base_extent;
}

}  // namespace

Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                  std::optional<std::int64_t> storage_offset) {
    const std::int64_t offset = storage_offset.value_or(self.storage_offset());
    const auto& impl = *self.unsafeGetTensorImpl();
    if (impl.transform)
        raise<NotImplementedError>("as_strided",
                                   "a tensor inside jvp or vmap has no memory of its own to address; use "
                                   "select, slice, transpose or expand");
    const std::int64_t extent = detail::checked_extent(size, stride, "as_strided");
    const auto available = static_cast<std::int64_t>(impl.storage->nbytes()) / self.element_size();
    // Without elements it may begin anywhere up to the end, or where `self` does: an empty slice can lie beyond the
    // end.
    const std::int64_t last_start = extent > 0 ? available - extent : std::max(available, self.storage_offset());
    if (offset < 0 || offset > last_start)
        raise<IndexError>("as_strided", "setStorage: sizes ", size, ", strides ", stride, ", storage offset ", offset,
                          " require ", extent, " elements from there on, out of bounds for storage of ", available);
    Tensor view = ops::Strided::apply(ops::as_strided_op(self, offset, size, stride), self);
    auto& made = *view.unsafeGetTensorImpl();
    if (made.origin == detail::ViewOrigin::kRecorded && reaches_outside(made, *made.base))
        made.origin = detail::ViewOrigin::kOutsideBase;
    return view;
}
Tensor Tensor::as_strided(IntArrayRef size, IntArrayRef stride, std::optional<std::int64_t> storage_offset) const {
    return xgrad::as_strided(*this, size, stride, storage_offset);
}

}  // namespace xgrad
