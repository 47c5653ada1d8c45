#pragma once

#include <xgrad/autograd/allocator.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define XGRAD_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define XGRAD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XGRAD_ASAN 1
#elif __has_feature(thread_sanitizer)
#define XGRAD_TSAN 1
#endif
#endif

#ifdef XGRAD_ASAN
#include <sanitizer/asan_interface.h>
#endif

// Three layers. A thread's Front holds a short stack of free blocks for each small and middle size class and is touched
// by its thread alone. The Pool is shared, under a mutex: fronts exchange batches with it, and classes too large for a
// front go to it directly. Below is the system. Blocks of up to 1 KiB are cut from slabs, which the system's aligned
// allocation would give three times slower and three times larger.

namespace xgrad::detail::memory {

#ifdef XGRAD_TSAN
inline constexpr bool kCaching = false;  // A reused block would hide races between its users.
#else
inline constexpr bool kCaching = true;
#endif

#ifdef XGRAD_ASAN
inline constexpr bool kSlabs = false;  // Each block gets its own red zones and its own leak report.
inline void poison(void* p, std::size_t bytes) { ASAN_POISON_MEMORY_REGION(p, bytes); }
inline void unpoison(void* p, std::size_t bytes) { ASAN_UNPOISON_MEMORY_REGION(p, bytes); }
#else
inline constexpr bool kSlabs = kCaching;
inline void poison(void*, std::size_t) {}
inline void unpoison(void*, std::size_t) {}
#endif

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

inline constexpr std::size_t kAlignment = 64;
// Up to kSmallest classes are the multiples of 64, above there are eight a doubling. Fronts hold blocks of up to
// kFrontLargest, the pool of up to kLargest.
inline constexpr std::size_t kSmallest = 1 * kKiB;
inline constexpr std::size_t kFrontLargest = 32 * kKiB;
inline constexpr std::size_t kLargest = 256 * kMiB;

inline constexpr std::size_t kMagazine = 64;               // Blocks of one class in a front: at most these ...
inline constexpr std::size_t kMagazineBytes = 128 * kKiB;  // ... and these bytes.
inline constexpr std::size_t kFrontBytes = 4 * kMiB;       // All blocks in a front.
inline constexpr std::size_t kDefaultLimit = 1024 * kMiB;  // All cached blocks.
inline constexpr std::size_t kSlabBytes = 64 * kKiB;       // Size and alignment of a slab.
// Blocks of this size ask for huge pages, which are five times cheaper to touch first.
inline constexpr std::size_t kHugePagesFrom = 4 * kMiB;
inline constexpr std::size_t kHugePage = 2 * kMiB;

constexpr std::size_t round_up(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

constexpr std::size_t class_of(std::size_t bytes) {
    const std::size_t last = bytes - (bytes != 0);
    if (last < kSmallest) return last / kAlignment;
    const auto exponent = static_cast<std::size_t>(std::bit_width(last)) - 1;
    return kSmallest / kAlignment + (exponent - 10) * 8 + ((last >> (exponent - 3)) & 7);
}

constexpr std::size_t size_of_class(std::size_t c) {
    constexpr std::size_t small = kSmallest / kAlignment;
    if (c < small) return (c + 1) * kAlignment;
    return (9 + (c - small) % 8) << ((c - small) / 8 + 7);
}

inline constexpr std::size_t kSmallClasses = class_of(kSmallest) + 1;
inline constexpr std::size_t kSlabClasses = kSlabs ? kSmallClasses : 0;
inline constexpr std::size_t kFrontClasses = class_of(kFrontLargest) + 1;
inline constexpr std::size_t kClasses = class_of(kLargest) + 1;
static_assert(size_of_class(kFrontClasses - 1) == kFrontLargest && size_of_class(kClasses - 1) == kLargest);

/// An entry of a ring; alone, or the head of an empty ring, it points to itself.
struct Link {
    Link* previous = this;
    Link* next = this;

    bool alone() const { return next == this; }

    void unlink() {
        previous->next = next;
        next->previous = previous;
        previous = next = this;
    }

    void insert_after(Link& other) {
        previous = &other;
        next = other.next;
        next->previous = this;
        other.next = this;
    }
};

/// Asks the system for a block: null when it has no more.
void* ask_system(std::size_t bytes, std::size_t alignment) noexcept;
void return_to_system(void* p, std::size_t bytes) noexcept;

/// What the pool knows of a front.
struct FrontEntry : Link {
    // Written by the owner alone and read by memory_stats(): atomic, but never a read-modify-write.
    std::atomic<std::size_t> cached_bytes{0};
};

/// What all threads share, under a mutex.
class Pool {
  public:
    /// Never destroyed: static objects may free their tensors after everything else.
    static Pool& instance() {
        static Pool* const pool = new Pool;
        return *pool;
    }

    /// Puts up to `count` free blocks of the class into `blocks` and returns how many. Asks the system for slabs only.
    std::size_t take(std::size_t c, void** blocks, std::size_t count) noexcept;

    /// Takes blocks of one class in, and trims.
    void give(std::size_t c, void* const* blocks, std::size_t count) noexcept;

    /// Returns blocks to the system, those of the longest unused class first, until at most `target` bytes are kept.
    void trim(std::size_t target) noexcept;

    void set_limit(std::size_t bytes);
    void enlist(FrontEntry& front) noexcept;
    void delist(FrontEntry& front) noexcept;
    MemoryStats stats();

  private:
    struct Shelf {
        std::vector<void*> blocks;
        std::uint64_t last_taken = 0;
    };

    bool take_from_slabs(std::size_t c, void*& block) noexcept;
    void give_to_slab(void* block) noexcept;
    bool remove_oldest(void*& block, std::size_t& bytes);
    void share_limit();

    std::mutex mutex_;
    std::array<Shelf, kClasses> shelves_;          // The classes that are not cut from slabs.
    std::array<Link, kSmallClasses> partly_used_;  // Slabs by class; those with no free block are in no list.
    Link unused_;                                  // Slabs with all blocks free, for any class.
    std::size_t cached_ = 0;                       // In the pool, with what a slab's head and its remainder take.
    std::size_t limit_ = kDefaultLimit;
    std::size_t own_limit_ = kDefaultLimit;  // What the fronts leave of it.
    std::uint64_t clock_ = 0;
    Link fronts_;
    std::size_t front_count_ = 0;
};

/// What a front may keep: read at every deallocation and hardly ever written.
inline constinit std::atomic<std::size_t> front_limit{kFrontBytes};
/// How often fronts were asked to give back all they have.
inline constinit std::atomic<std::size_t> flushes{0};

}  // namespace xgrad::detail::memory
