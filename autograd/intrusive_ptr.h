#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace xgrad::detail {

/// Base of objects that count their owners. `T` provides `static void destroy(T*)`, called when the last owner leaves.
class RefCounted {
  public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

    void retain() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }

    /// True when the caller was the last owner and must destroy the object.
    [[nodiscard]] bool release() noexcept {
        // A sole owner needs no locked instruction: nobody else can hold a reference to raise the count. Classes that
        // can be revived by try_retain must not take this way; see TensorImpl::release.
        if (refs_.load(std::memory_order_acquire) == 1) return true;
        return refs_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }

    /// As release, always by one indivisible step.
    [[nodiscard]] bool release_locked() noexcept { return refs_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

    /// Takes a share unless the object is already being destroyed.
    [[nodiscard]] bool try_retain() noexcept {
        std::uint32_t n = refs_.load(std::memory_order_relaxed);
        while (n != 0)
            if (refs_.compare_exchange_weak(n, n + 1, std::memory_order_acquire)) return true;
        return false;
    }

    std::uint32_t use_count() const noexcept { return refs_.load(std::memory_order_acquire); }

  protected:
    ~RefCounted() = default;

  private:
    std::atomic<std::uint32_t> refs_{1};
};

/// Owner of one share of a RefCounted object; null when empty.
template <class T>
class IntrusivePtr {
  public:
    IntrusivePtr() = default;
    IntrusivePtr(std::nullptr_t) {}
    IntrusivePtr(const IntrusivePtr& other) noexcept : p_(other.p_) {
        if (p_) p_->retain();
    }
    IntrusivePtr(IntrusivePtr&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
    IntrusivePtr& operator=(IntrusivePtr other) noexcept {
        std::swap(p_, other.p_);
        return *this;
    }
    ~IntrusivePtr() {
        if (p_ && p_->release()) T::destroy(p_);
    }

    /// Takes over the share that the caller holds (a new object starts with one).
    static IntrusivePtr adopt(T* p) noexcept {
        IntrusivePtr out;
        out.p_ = p;
        return out;
    }
    /// Adds a share.
    static IntrusivePtr share(T* p) noexcept {
        if (p) p->retain();
        return adopt(p);
    }

    T* get() const noexcept { return p_; }
    T* operator->() const noexcept { return p_; }
    T& operator*() const noexcept { return *p_; }
    explicit operator bool() const noexcept { return p_ != nullptr; }
    bool operator==(const IntrusivePtr& other) const noexcept { return p_ == other.p_; }
    void reset() noexcept { *this = IntrusivePtr(); }

  private:
    T* p_ = nullptr;
};

}  // namespace xgrad::detail
