#include <xgrad/autograd/allocator.h>

#include <xgrad/autograd/allocator_pool.h>
#include <xgrad/autograd/error.h>

#include <algorithm>
#include <new>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace xgrad {
namespace detail::memory {
namespace {

/// Free blocks of one class, the last freed on top.
struct Magazine {
    std::uint32_t count = 0;
    std::uint32_t capacity = 0;
    std::size_t block_size = 0;
    std::array<void*, kMagazine> blocks;
};

/// The blocks that a thread keeps for itself.
struct Front : FrontEntry {
    Front() {
        for (std::size_t c = 0; c < kFrontClasses; ++c) {
            const std::size_t size = size_of_class(c);
            magazines[c].block_size = size;
            magazines[c].capacity = static_cast<std::uint32_t>(std::min(kMagazine, kMagazineBytes / size));
        }
    }

    std::size_t cached() const { return cached_bytes.load(std::memory_order_relaxed); }
    void set_cached(std::size_t bytes) { cached_bytes.store(bytes, std::memory_order_relaxed); }

    /// Gives the `count` blocks of the class that were freed first to the pool.
    void spill(std::size_t c, std::size_t count) noexcept {
        Magazine& m = magazines[c];
        if (count == 0) return;
        Pool::instance().give(c, m.blocks.data(), count);
        std::copy(m.blocks.begin() + count, m.blocks.begin() + m.count, m.blocks.begin());
        m.count -= static_cast<std::uint32_t>(count);
        set_cached(cached() - count * m.block_size);
    }

    void flush() noexcept {
        for (std::size_t c = 0; c < kFrontClasses; ++c) spill(c, magazines[c].count);
    }

    void flush_if_asked() noexcept {
        const std::size_t asked = flushes.load(std::memory_order_relaxed);
        if (asked == flushes_seen) return;
        flushes_seen = asked;
        flush();
    }

    std::size_t flushes_seen = flushes.load(std::memory_order_relaxed);
    std::array<Magazine, kFrontClasses> magazines;
};

struct FrontOfThread {
    Front* front = nullptr;
    bool ended = false;  // The thread is past its front: blocks go to the pool directly.
};

// Initial-exec: no call for the address even in a shared library. Trivially destructible: usable until the thread ends.
[[gnu::tls_model("initial-exec")]] constinit thread_local FrontOfThread of_thread;

struct FrontGuard {
    ~FrontGuard() {
        Front* front = of_thread.front;
        of_thread = {nullptr, true};
        front->flush();
        Pool::instance().delist(*front);
        delete front;
    }
};

/// This thread's front, made when first asked for; null when the thread is past it.
Front* own_front() noexcept {
    if (of_thread.front || of_thread.ended) return of_thread.front;
    Front* front = new (std::nothrow) Front;
    if (!front) return nullptr;
    Pool::instance().enlist(*front);
    of_thread.front = front;
    static thread_local FrontGuard guard;
    return front;
}

/// A block from the cache, or from a new slab; null when there is none.
void* take_cached(std::size_t c) noexcept {
    Pool& pool = Pool::instance();
    void* block = nullptr;
    Front* front = c < kFrontClasses ? own_front() : nullptr;
    if (!front) return pool.take(c, &block, 1) == 1 ? block : nullptr;

    front->flush_if_asked();
    Magazine& m = front->magazines[c];
    const std::size_t room = front_limit.load(std::memory_order_relaxed) / m.block_size;
    const std::size_t batch = std::clamp<std::size_t>(room, 1, m.capacity / 2);
    const std::size_t taken = pool.take(c, m.blocks.data(), batch);
    if (taken == 0) return nullptr;
    m.count = static_cast<std::uint32_t>(taken - 1);
    front->set_cached(front->cached() + m.count * m.block_size);
    return m.blocks[m.count];
}

/// A block from the cache or the system; null when neither has one.
void* find_block(std::size_t bytes, std::size_t c) noexcept {
    if (!kCaching || c >= kClasses) return ask_system(c < kClasses ? size_of_class(c) : bytes, kAlignment);
    void* block = take_cached(c);
    return block || c < kSlabClasses ? block : ask_system(size_of_class(c), kAlignment);
}

[[gnu::noinline]] void* allocate_slow(std::size_t bytes, std::size_t c) {
    if (bytes > PTRDIFF_MAX) {
        raise<OutOfMemoryError>("allocate", bytes, " bytes are more than any object may have (", PTRDIFF_MAX,
                                "): a size was computed wrongly");
    }
    void* block = find_block(bytes, c);
    if (!block) {
        empty_cache();
        block = find_block(bytes, c);
    }
    if (!block) {
        raise<OutOfMemoryError>("allocate", "the system has no further ", bytes, " bytes; ",
                                memory_stats().allocated_bytes,
                                " bytes are in use and the cache has been emptied: keep fewer tensors, use smaller "
                                "batches, or a NoGradGuard where no gradient is needed");
    }
    poison(block, c < kClasses ? size_of_class(c) : bytes);
    return block;
}

[[gnu::noinline]] void deallocate_slow(void* p, std::size_t size, std::size_t c) noexcept {
    if (!kCaching || c >= kClasses) return return_to_system(p, size);
    Pool& pool = Pool::instance();
    Front* front = c < kFrontClasses ? own_front() : nullptr;
    if (!front) return pool.give(c, &p, 1);

    front->flush_if_asked();
    Magazine& m = front->magazines[c];
    if (m.count == m.capacity) front->spill(c, m.capacity / 2);
    const std::size_t limit = front_limit.load(std::memory_order_relaxed);
    if (front->cached() + size > limit) front->flush();
    if (size > limit) return pool.give(c, &p, 1);
    m.blocks[m.count++] = p;
    front->set_cached(front->cached() + size);
}

}  // namespace
}  // namespace detail::memory

void empty_cache() {
    using namespace detail::memory;
    Pool& pool = Pool::instance();
    flushes.fetch_add(1, std::memory_order_relaxed);
    if (of_thread.front) of_thread.front->flush_if_asked();
    pool.trim(0);
#ifdef __GLIBC__
    malloc_trim(0);  // Else glibc keeps what it does not map block by block.
#endif
}

MemoryStats memory_stats() { return detail::memory::Pool::instance().stats(); }

void set_memory_cache_limit(std::size_t bytes) { detail::memory::Pool::instance().set_limit(bytes); }

namespace detail {

void* allocate(std::size_t bytes) {
    using namespace memory;
    const std::size_t c = class_of(bytes);
    void* block = nullptr;
    Front* front = of_thread.front;
    if (front && c < kFrontClasses && front->magazines[c].count != 0) [[likely]] {
        Magazine& m = front->magazines[c];
        block = m.blocks[--m.count];
        front->set_cached(front->cached() - m.block_size);
    } else {
        block = allocate_slow(bytes, c);
    }
    unpoison(block, bytes);
    return block;
}

void deallocate(void* p, std::size_t bytes) noexcept {
    if (!p) return;
    using namespace memory;
    const std::size_t c = class_of(bytes);
    if (Front* front = of_thread.front; front && c < kFrontClasses) [[likely]] {
        Magazine& m = front->magazines[c];
        const std::size_t cached = front->cached() + m.block_size;
        if (m.count != m.capacity && cached <= front_limit.load(std::memory_order_relaxed)) [[likely]] {
            poison(p, m.block_size);
            m.blocks[m.count++] = p;
            front->set_cached(cached);
            return;
        }
    }
    const std::size_t size = c < kClasses ? size_of_class(c) : bytes;
    poison(p, size);
    deallocate_slow(p, size, c);
}

}  // namespace detail

}  // namespace xgrad
