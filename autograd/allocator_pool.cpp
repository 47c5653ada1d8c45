#include <xgrad/autograd/allocator_pool.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace xgrad::detail::memory {

namespace {

constinit std::atomic<std::size_t> system_bytes{0};
constinit std::atomic<std::size_t> system_calls{0};

}  // namespace

void* ask_system(std::size_t bytes, std::size_t alignment) noexcept {
    const bool huge = bytes >= kHugePagesFrom;
    void* p = nullptr;
    if (posix_memalign(&p, huge ? kHugePage : alignment, bytes) != 0) return nullptr;
#ifdef __linux__
    if (huge) madvise(p, bytes, MADV_HUGEPAGE);  // Advice: a refusal costs speed only.
#endif
    system_bytes.fetch_add(bytes, std::memory_order_relaxed);
    system_calls.fetch_add(1, std::memory_order_relaxed);
    return p;
}

void return_to_system(void* p, std::size_t bytes) noexcept {
    unpoison(p, bytes);
    std::free(p);
    system_bytes.fetch_sub(bytes, std::memory_order_relaxed);
}

namespace {

/// The head of kSlabBytes bytes cut into blocks of one class.
struct Slab : Link {
    explicit Slab(std::size_t block_size)
        : block_size_(block_size), total_((kSlabBytes - round_up(sizeof(Slab), kAlignment)) / block_size) {
        char* block = reinterpret_cast<char*>(this) + kSlabBytes;
        for (std::size_t i = 0; i < total_; ++i) push(block -= block_size);
    }

    static Slab& of(void* block) {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        return *reinterpret_cast<Slab*>(static_cast<char*>(block) - address % kSlabBytes);
    }

    std::size_t block_size() const { return block_size_; }
    bool all_used() const { return free_ == 0; }
    bool all_free() const { return free_ == total_; }

    void* pop() {
        --free_;
        void* block = first_;
        first_ = *static_cast<void**>(block);
        return block;
    }

    void push(void* block) {
        ++free_;
        *static_cast<void**>(block) = first_;
        first_ = block;
    }

  private:
    void* first_ = nullptr;
    std::size_t block_size_;
    std::size_t total_;
    std::size_t free_ = 0;
};

}  // namespace

std::size_t Pool::take(std::size_t c, void** blocks, std::size_t count) noexcept {
    const std::lock_guard lock(mutex_);
    std::size_t taken = 0;
    if (c < kSlabClasses) {
        while (taken < count && take_from_slabs(c, blocks[taken])) ++taken;
    } else {
        Shelf& shelf = shelves_[c];
        shelf.last_taken = ++clock_;
        for (; taken < count && !shelf.blocks.empty(); ++taken) {
            blocks[taken] = shelf.blocks.back();
            shelf.blocks.pop_back();
        }
    }
    cached_ -= taken * size_of_class(c);
    return taken;
}

bool Pool::take_from_slabs(std::size_t c, void*& block) noexcept {
    const std::size_t size = size_of_class(c);
    Link& list = partly_used_[c];
    if (list.alone()) {
        void* slab = nullptr;
        if (!unused_.alone()) {
            slab = static_cast<Slab*>(unused_.next);
            unused_.next->unlink();
        } else {
            slab = ask_system(kSlabBytes, kSlabBytes);
            if (!slab) return false;
            cached_ += kSlabBytes;
        }
        (new (slab) Slab(size))->insert_after(list);
    }
    auto& slab = static_cast<Slab&>(*list.next);
    block = slab.pop();
    if (slab.all_used()) slab.unlink();
    return true;
}

void Pool::give(std::size_t c, void* const* blocks, std::size_t count) noexcept {
    const std::size_t size = size_of_class(c);
    std::size_t limit = 0;
    {
        const std::lock_guard lock(mutex_);
        limit = own_limit_;
        for (std::size_t i = 0; i < count; ++i) {
            if (c < kSlabClasses) {
                give_to_slab(blocks[i]);
            } else {
                try {
                    shelves_[c].blocks.push_back(blocks[i]);
                } catch (const std::bad_alloc&) {
                    return_to_system(blocks[i], size);
                    continue;
                }
            }
            cached_ += size;
        }
        if (cached_ <= limit) return;
    }
    trim(limit);
}

void Pool::give_to_slab(void* block) noexcept {
    Slab& slab = Slab::of(block);
    const bool in_no_list = slab.all_used();
    slab.push(block);
    if (slab.all_free()) {
        slab.unlink();
        slab.insert_after(unused_);
    } else if (in_no_list) {
        slab.insert_after(partly_used_[class_of(slab.block_size())]);
    }
}

void Pool::trim(std::size_t target) noexcept {
    void* block = nullptr;
    std::size_t bytes = 0;
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (cached_ <= target || !remove_oldest(block, bytes)) return;
            cached_ -= bytes;
        }
        return_to_system(block, bytes);  // Unmapping takes long: not under the lock.
    }
}

bool Pool::remove_oldest(void*& block, std::size_t& bytes) {
    Shelf* oldest = nullptr;
    for (Shelf& shelf : shelves_) {
        if (!shelf.blocks.empty() && (!oldest || shelf.last_taken < oldest->last_taken)) oldest = &shelf;
    }
    if (oldest) {
        block = oldest->blocks.back();
        bytes = size_of_class(static_cast<std::size_t>(oldest - shelves_.data()));
        oldest->blocks.pop_back();
        return true;
    }
    if (unused_.alone()) return false;
    block = static_cast<Slab*>(unused_.next);
    bytes = kSlabBytes;
    unused_.next->unlink();
    return true;
}

void Pool::set_limit(std::size_t bytes) {
    std::size_t own = 0;
    {
        const std::lock_guard lock(mutex_);
        limit_ = bytes;
        share_limit();
        own = own_limit_;
    }
    trim(own);
}

/// The fronts together get at most half of the limit.
void Pool::share_limit() {
    const std::size_t each = std::min(kFrontBytes, limit_ / 2 / std::max<std::size_t>(front_count_, 1));
    front_limit.store(each, std::memory_order_relaxed);
    own_limit_ = limit_ - each * front_count_;
}

void Pool::enlist(FrontEntry& front) noexcept {
    const std::lock_guard lock(mutex_);
    front.insert_after(fronts_);
    ++front_count_;
    share_limit();
}

void Pool::delist(FrontEntry& front) noexcept {
    const std::lock_guard lock(mutex_);
    front.unlink();
    --front_count_;
    share_limit();
}

MemoryStats Pool::stats() {
    const std::lock_guard lock(mutex_);
    MemoryStats s;
    s.cached_bytes = cached_;
    for (Link* link = fronts_.next; link != &fronts_; link = link->next) {
        s.cached_bytes += static_cast<FrontEntry*>(link)->cached_bytes.load(std::memory_order_relaxed);
    }
    const std::size_t held = system_bytes.load(std::memory_order_relaxed);
    s.allocated_bytes = held - std::min(held, s.cached_bytes);
    s.system_calls = system_calls.load(std::memory_order_relaxed);
    s.cache_limit = limit_;
    return s;
}

}  // namespace xgrad::detail::memory
