#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/convert.h>

#include <cmath>

namespace xgrad {

namespace {

Tensor allocate(IntArrayRef size, ScalarType dtype, const char* operation) {
    const std::int64_t numel = detail::checked_numel(size, operation);
    const auto bytes = static_cast<std::size_t>(numel * element_size(dtype));
    return Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(
        new detail::TensorImpl(detail::Storage::allocate(bytes), size, numel, dtype)));
}

Tensor finish(Tensor tensor, const TensorOptions& options) {
    if (options.requires_grad()) tensor.requires_grad_();
    return tensor;
}

TensorOptions like(const Tensor& self, const TensorOptions& options) {
    return options.has_dtype() ? options : options.dtype(self.dtype());
}

template <class T>
void store(const Tensor& tensor, std::int64_t i, T value) {
    const ScalarType from = scalar_type_v<T>;
    auto* target = static_cast<std::byte*>(tensor.data_ptr()) + i * tensor.element_size();
    ops::convert_run(from, &value, 0, tensor.dtype(), target, 1, 1);
}

}  // namespace

Tensor empty(IntArrayRef size, const TensorOptions& options) {
    return finish(allocate(size, options.dtype(), "empty"), options);
}
Tensor empty_like(const Tensor& self, const TensorOptions& options) { return empty(self.sizes(), like(self, options)); }

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options) {
    if (size.size() != stride.size())
        raise<ShapeError>("empty_strided", "got ", size.size(), " sizes and ", stride.size(), " strides");
    std::int64_t extent = detail::checked_numel(size, "empty_strided") > 0 ? 1 : 0;
    for (std::size_t d = 0; d < size.size() && extent > 0; ++d) {
        if (stride[d] < 0) raise<ValueError>("empty_strided", "negative strides are not supported, got ", stride);
        extent += (size[d] - 1) * stride[d];
    }
    const Tensor memory = allocate({extent}, options.dtype(), "empty_strided");
    Tensor out(detail::IntrusivePtr<detail::TensorImpl>::adopt(
        new detail::TensorImpl(memory.impl()->storage, 0, size, stride, options.dtype())));
    return finish(std::move(out), options);
}

Tensor full(IntArrayRef size, const Scalar& value, const TensorOptions& options) {
    const ScalarType kind = value.is_floating_point() ? get_default_dtype() : value.type();
    const ScalarType dtype = options.dtype_opt().value_or(kind);
    Tensor out = allocate(size, dtype, "full");
    if (value.is_floating_point()) {
        const double v = value.to_double();
        ops::convert_run(kFloat64, &v, 0, dtype, out.data_ptr(), 1, out.numel());
    } else {
        const std::int64_t v = value.to_long();
        ops::convert_run(kInt64, &v, 0, dtype, out.data_ptr(), 1, out.numel());
    }
    return finish(std::move(out), options);
}
Tensor full_like(const Tensor& self, const Scalar& value, const TensorOptions& options) {
    return full(self.sizes(), value, like(self, options));
}
Tensor zeros(IntArrayRef size, const TensorOptions& options) { return full(size, 0, options.dtype(options.dtype())); }
Tensor zeros_like(const Tensor& self, const TensorOptions& options) { return zeros(self.sizes(), like(self, options)); }
Tensor ones(IntArrayRef size, const TensorOptions& options) { return full(size, 1, options.dtype(options.dtype())); }
Tensor ones_like(const Tensor& self, const TensorOptions& options) { return ones(self.sizes(), like(self, options)); }
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
    return full({}, value, options.dtype(options.dtype()));
}

Tensor eye(std::int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
    Tensor out = zeros({n, m}, TensorOptions(options).requires_grad(false));
    for (std::int64_t i = 0; i < std::min(n, m); ++i) store<std::int64_t>(out, i * (m + 1), 1);
    return finish(std::move(out), options);
}

Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
    return arange(start, end, 1, options);
}
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
    const bool integers = !start.is_floating_point() && !end.is_floating_point() && !step.is_floating_point();
    const ScalarType dtype = options.dtype_opt().value_or(integers ? kInt64 : get_default_dtype());
    const double width = (end.to_double() - start.to_double()) / step.to_double();
    if (step.to_double() == 0) raise<ValueError>("arange", "step must be nonzero");
    if (!(width >= 0) || !std::isfinite(width))
        raise<ValueError>("arange", "upper bound and larger bound inconsistent with step sign: start ", start.to_double(),
                          ", end ", end.to_double(), ", step ", step.to_double());
    if (width > 1e15) raise<ValueError>("arange", "too many elements: ", width);
    Tensor out = allocate({static_cast<std::int64_t>(std::ceil(width))}, dtype, "arange");
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        if (integers)
            store(out, i, start.to_long() + i * step.to_long());
        else
            store(out, i, start.to_double() + static_cast<double>(i) * step.to_double());
    }
    return finish(std::move(out), options);
}

Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps, const TensorOptions& options) {
    if (steps < 0) raise<ValueError>("linspace", "number of steps must be non-negative, got ", steps);
    Tensor out = allocate({steps}, options.dtype(), "linspace");
    const double a = start.to_double(), b = end.to_double();
    const double step = steps > 1 ? (b - a) / static_cast<double>(steps - 1) : 0;
    // From both ends towards the middle, so that the last element is exactly `end`.
    for (std::int64_t i = 0; i < steps; ++i)
        store(out, i, i < (steps + 1) / 2 ? a + step * static_cast<double>(i) : b - step * static_cast<double>(steps - 1 - i));
    return finish(std::move(out), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
    if (strides.size() != sizes.size())
        raise<ShapeError>("from_blob", "got ", sizes.size(), " sizes and ", strides.size(), " strides");
    detail::checked_numel(sizes, "from_blob");
    auto storage = detail::Storage::borrow(data, 0, nullptr);
    Tensor out(detail::IntrusivePtr<detail::TensorImpl>::adopt(
        new detail::TensorImpl(std::move(storage), 0, sizes, strides, options.dtype())));
    return finish(std::move(out), options);
}
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
    return from_blob(data, sizes, detail::contiguous_strides(sizes), options);
}
Tensor from_blob(void* data, IntArrayRef sizes, const std::function<void(void*)>& deleter, const TensorOptions& options) {
    const std::int64_t numel = detail::checked_numel(sizes, "from_blob");
    auto storage = detail::Storage::borrow(data, 0, deleter);
    Tensor out(detail::IntrusivePtr<detail::TensorImpl>::adopt(
        new detail::TensorImpl(std::move(storage), sizes, numel, options.dtype())));
    return finish(std::move(out), options);
}

namespace detail {

TensorData::TensorData(std::initializer_list<TensorData> list) : kind_(kFloat64) {
    sizes_.push_back(static_cast<std::int64_t>(list.size()));
    if (list.size() == 0) return;
    const TensorData& first = *list.begin();
    sizes_.insert(sizes_.end(), first.sizes_.begin(), first.sizes_.end());
    kind_ = first.kind_;
    for (const TensorData& part : list) {
        if (part.sizes_ != first.sizes_)
            raise<ShapeError>("tensor", "Expected all sub-lists to have sizes: ", IntArrayRef(first.sizes_),
                              ", but got sub-list with sizes: ", IntArrayRef(part.sizes_));
        kind_ = promote_types(kind_, part.kind_);
        numbers_.insert(numbers_.end(), part.numbers_.begin(), part.numbers_.end());
    }
}

Tensor TensorData::make(const TensorOptions& options) const {
    const ScalarType deduced = kind_ == kFloat64 ? get_default_dtype() : kind_;
    Tensor out = allocate(sizes_, options.dtype_opt().value_or(deduced), "tensor");
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
        if (numbers_[i].is_floating_point())
            store(out, static_cast<std::int64_t>(i), numbers_[i].to_double());
        else
            store(out, static_cast<std::int64_t>(i), numbers_[i].to_long());
    }
    return finish(std::move(out), options);
}

}  // namespace detail

Tensor tensor(const detail::TensorData& data, const TensorOptions& options) { return data.make(options); }
Tensor tensor(std::initializer_list<detail::TensorData> data, const TensorOptions& options) {
    return detail::TensorData(data).make(options);
}

}  // namespace xgrad
