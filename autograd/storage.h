#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include <xgrad/autograd/intrusive_ptr.h>

namespace xgrad::detail {

/// Memory that tensors share, with the count of its modifications. Owned bytes follow this header in the same block,
/// 64-byte aligned; borrowed ones (from_blob) lie elsewhere and may have a deleter.
class alignas(64) Storage : public RefCounted {
  public:
    using Deleter = std::function<void(void*)>;

    /// Uninitialised memory.
    static IntrusivePtr<Storage> allocate(std::size_t bytes);
    /// Memory of the caller's; `deleter`, if any, is called with `data` when the last tensor is gone.
    static IntrusivePtr<Storage> borrow(void* data, std::size_t bytes, Deleter deleter);
    static void destroy(Storage* storage) noexcept;

    void* data() const { return data_; }
    std::size_t nbytes() const { return nbytes_; }
    /// Makes it at least `bytes` long: what is there moves, what comes to it is uninitialised. Throws Error when the
    /// memory is borrowed.
    void grow(std::size_t bytes);

    /// Number of in-place modifications so far, through whichever view.
    std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
    void bump_version() { version_.fetch_add(1, std::memory_order_relaxed); }

  private:
    Storage(void* data, std::size_t bytes, bool owned, Deleter* deleter)
        : data_(data), nbytes_(bytes), block_bytes_(owned ? bytes : 0), deleter_(deleter), owned_(owned) {}

    std::atomic<std::uint32_t> version_{0};
    void* data_;
    std::size_t nbytes_;
    std::size_t block_bytes_;  // follow in the same block; those in use until it grew
    Deleter* deleter_;
    bool owned_;
};

}  // namespace xgrad::detail
