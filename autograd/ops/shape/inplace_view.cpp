#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

/// The in-place forms of views: the tensor shows its memory in another way; no element changes.
namespace xgrad {

namespace ops {

namespace {

/// Gives `self` the geometry and the history of view(), a view of it.
template <class MakeView>
Tensor& become_view(const char* operation, Tensor& self, MakeView view) {
    check_defined(operation, self);
    if (wrapped(self)) {
        transform::check_inplace(operation, self, {}, GradMode::is_enabled() && self.requires_grad());
        detail::become_result(self, view());
        return self;
    }
    if (GradMode::is_enabled() && self.requires_grad() && self.is_leaf())
        raise<GraphError>(operation, "a leaf Variable that requires grad is being used in an in-place operation");
    // A result's history must fit its shape, so it goes on even where gradients are not recorded.
    const AutoGradMode recording(GradMode::is_enabled() || !self.is_leaf());
    detail::become_view(self, view());
    return self;
}

}  // namespace

}  // namespace ops

Tensor& Tensor::transpose_(std::int64_t dim0, std::int64_t dim1) {
    return ops::become_view("transpose_", *this, [&] { return transpose(dim0, dim1); });
}
Tensor& Tensor::t_() {
    return ops::become_view("t_", *this, [&] { return t(); });
}
Tensor& Tensor::squeeze_() {
    return ops::become_view("squeeze_", *this, [&] { return squeeze(); });
}
Tensor& Tensor::squeeze_(std::int64_t dim) {
    return ops::become_view("squeeze_", *this, [&] { return squeeze(dim); });
}
Tensor& Tensor::squeeze_(IntArrayRef dim) {
    return ops::become_view("squeeze_", *this, [&] { return squeeze(dim); });
}
Tensor& Tensor::unsqueeze_(std::int64_t dim) {
    return ops::become_view("unsqueeze_", *this, [&] { return unsqueeze(dim); });
}
Tensor& Tensor::as_strided_(IntArrayRef size, IntArrayRef stride, std::optional<std::int64_t> storage_offset) {
    return ops::become_view("as_strided_", *this, [&] { return as_strided(size, stride, storage_offset); });
}
Tensor& as_strided_(Tensor& self, IntArrayRef size, IntArrayRef stride, std::optional<std::int64_t> storage_offset) {
    return self.as_strided_(size, stride, storage_offset);
}

// --- Another size

const Tensor& resize_(const Tensor& self, IntArrayRef size) {
    ops::check_defined("resize_", self);
    if (ops::wrapped(self)) detail::raise_inplace_transform("resize_");
    if (self.requires_grad()) raise<GraphError>("resize_", "cannot resize variables that require grad");
    const std::int64_t numel = detail::checked_numel(size, "resize_");
    if (self.sizes() == size) return self;
    detail::TensorImpl& impl = *self.unsafeGetTensorImpl();
    impl.storage->grow(static_cast<std::size_t>((numel > 0 ? impl.offset + numel : 0) * self.element_size()));
    impl.set_geometry(impl.offset, size, detail::contiguous_strides(size));
    return self;
}
const Tensor& resize_as_(const Tensor& self, const Tensor& the_template) { return resize_(self, the_template.sizes()); }
const Tensor& Tensor::resize_(IntArrayRef size) const { return xgrad::resize_(*this, size); }

std::int64_t numel(const Tensor& self) { return self.numel(); }

}  // namespace xgrad
