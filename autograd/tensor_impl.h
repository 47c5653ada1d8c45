#pragma once

#include <atomic>
#include <memory>

#include <xgrad/autograd/dtype.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/intrusive_ptr.h>
#include <xgrad/autograd/shape.h>
#include <xgrad/autograd/storage.h>

namespace xgrad::autograd {
class Node;
}

namespace xgrad::detail {

struct AutogradMeta;
struct TransformLevel;

/// How a view was made. Only those of the first kind may be modified in place while gradients are recorded: the graph
/// does not know the others as views, or, outside its base, they show memory whose history nobody keeps.
enum class ViewOrigin : std::uint8_t { kRecorded, kNoGradMode, kInferenceMode, kOutsideBase };

/// What a Tensor handle points to: geometry over a storage, and its place in the graph. Fields are the library's own;
/// users see them through Tensor.
class TensorImpl : public RefCounted {
  public:
    TensorImpl(IntrusivePtr<Storage> storage, std::int64_t offset, Dims sizes, Dims strides, ScalarType dtype);
    /// Row-major contiguous over the whole of `storage`.
    TensorImpl(IntrusivePtr<Storage> storage, IntArrayRef sizes, std::int64_t numel, ScalarType dtype);
    ~TensorImpl();

    /// Hides RefCounted's: a tensor that others know of by address (its accumulator, hooks) may be revived by
    /// try_retain until the count is 0, and only `meta` makes it known.
    [[nodiscard]] bool release() noexcept { return meta ? release_locked() : RefCounted::release(); }

    static void destroy(TensorImpl* impl) noexcept;
    static void* operator new(std::size_t bytes);
    static void operator delete(void* p) noexcept;

    /// Address of the first element.
    void* data() const { return static_cast<std::byte*>(storage->data()) + offset * element_size(dtype); }
    /// Gives this tensor another geometry over its storage.
    void set_geometry(std::int64_t new_offset, Dims new_sizes, Dims new_strides);

    IntrusivePtr<Storage> storage;
    std::int64_t offset = 0;
    Dims sizes;
    Dims strides;
    std::int64_t numel = 0;
    ScalarType dtype;
    bool contiguous = true;

    /// Of a view: modified since its grad_fn was made, so that the base knows the history and grad_fn does not.
    bool is_stale_view() const { return base && grad_fn_version.load(std::memory_order_acquire) != storage->version(); }

    bool requires_grad = false;                    // of a leaf, as the user set it
    bool inference = InferenceMode::is_enabled();  // see there
    ViewOrigin origin = ViewOrigin::kRecorded;
    std::uint32_t output_nr = 0;                     // which output of grad_fn this is
    std::atomic<std::uint32_t> grad_fn_version = 0;  // of a view: the storage's version that grad_fn belongs to
    IntrusivePtr<autograd::Node> grad_fn;            // null for leaves
    IntrusivePtr<TensorImpl> base;                   // of a view: the tensor that owns the history
    std::unique_ptr<AutogradMeta> meta;              // gradient, hooks, accumulator: made when first needed
    std::unique_ptr<TransformLevel> transform;       // forward mode and vmap wrap values here; normally null
};

}  // namespace xgrad::detail
