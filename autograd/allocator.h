#pragma once

#include <cstddef>

namespace xgrad {

/// What the caching allocator holds at one moment, over all threads. While other threads allocate, the figures may lag
/// behind one another by the operations in flight.
struct MemoryStats {
    /// Bytes in use, each block counted with the size of its size class.
    std::size_t allocated_bytes = 0;
    /// Bytes kept for reuse: in the shared pool and in the fronts of all threads.
    std::size_t cached_bytes = 0;
    /// How often a block has been asked of the system since the program began; constant in a steady training loop.
    std::size_t system_calls = 0;
    /// The most bytes that are kept for reuse.
    std::size_t cache_limit = 0;
};

/// Returns cached memory to the system: the shared pool's and the calling thread's. What other threads keep to
/// themselves (4 MiB each at most) they hand to the shared pool when they next turn to it, or when they end. Small
/// blocks (up to 1 KiB) share slabs of 64 KiB; a slab is returned when none of its blocks is in use.
void empty_cache();

/// The present figures of the allocator.
MemoryStats memory_stats();

/// Sets the most bytes that are kept for reuse (1 GiB unless set) and trims what is above. 0 turns caching off. Another
/// thread follows a lowered limit at its next deallocation.
void set_memory_cache_limit(std::size_t bytes);

namespace detail {

/// A block of at least `bytes` bytes, aligned to 64 bytes and never null (not for 0 bytes either). Its content is
/// undefined. Throws OutOfMemoryError when the system has no more after the cache has been emptied. Safe to call from
/// any thread at any time, the destructors of static and thread_local objects included.
void* allocate(std::size_t bytes);

/// Takes back a block that `allocate(bytes)` gave, on this thread or another. Null is ignored.
void deallocate(void* p, std::size_t bytes) noexcept;

}  // namespace detail

}  // namespace xgrad
