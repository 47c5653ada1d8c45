#pragma once

#include <vector>

#include <xgrad/autograd/allocator.h>

namespace xgrad::detail {

/// Standard allocator over the caching one: containers on the path of every training step ask the system for nothing.
template <class T>
struct PoolAllocator {
    using value_type = T;

    PoolAllocator() = default;
    template <class U>
    PoolAllocator(const PoolAllocator<U>&) {}

    T* allocate(std::size_t n) { return static_cast<T*>(detail::allocate(n * sizeof(T))); }
    void deallocate(T* p, std::size_t n) noexcept { detail::deallocate(p, n * sizeof(T)); }
    bool operator==(const PoolAllocator&) const { return true; }
};

template <class T>
using PoolVector = std::vector<T, PoolAllocator<T>>;

}  // namespace xgrad::detail
