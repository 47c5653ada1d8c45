#include <xgrad/autograd/allocator.h>

#include <xgrad/autograd/allocator_pool.h>
#include <xgrad/autograd/error.h>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace xgrad;
using detail::allocate;
using detail::deallocate;

namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr bool kCaching = detail::memory::kCaching;

#if defined(XGRAD_ASAN) || defined(XGRAD_TSAN)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct LimitGuard {
    std::size_t old = memory_stats().cache_limit;
    ~LimitGuard() { set_memory_cache_limit(old); }
};

std::vector<void*> allocate_many(std::size_t count, std::size_t bytes) {
    std::vector<void*> blocks(count);
    for (void*& block : blocks) block = allocate(bytes);
    return blocks;
}

void deallocate_all(const std::vector<void*>& blocks, std::size_t bytes) {
    for (void* block : blocks) deallocate(block, bytes);
}

void in_thread(const auto& f) { std::thread(f).join(); }

}  // namespace

TEST_CASE("allocate gives aligned blocks of the size asked") {
    for (std::size_t bytes : {0UL, 1UL, 63UL, 64UL, 65UL, 1000UL, 1024UL, 1025UL, 32 * kKiB, 32 * kKiB + 1, 100 * kKiB,
                              4 * kMiB, 5 * kMiB + 3, 256 * kMiB, 256 * kMiB + 1}) {
        CAPTURE(bytes);
        auto* block = static_cast<unsigned char*>(allocate(bytes));
        REQUIRE(block != nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
        if (bytes > 0) {
            block[0] = 1;
            block[bytes - 1] = 2;
            CHECK(block[bytes - 1] == 2);
        }
        deallocate(block, bytes);
    }
    deallocate(nullptr, 64);
}

TEST_CASE("a block wastes at most 63 bytes up to 1 KiB and an eighth above") {
    for (std::size_t bytes = 1; bytes < 200 * kMiB; bytes += bytes / 7 + 1) {
        CAPTURE(bytes);
        const std::size_t before = memory_stats().allocated_bytes;
        void* block = allocate(bytes);
        const std::size_t taken = memory_stats().allocated_bytes - before;
        CHECK(taken >= bytes);
        CHECK(taken <= (bytes <= kKiB ? bytes + 63 : bytes + bytes / 8));
        deallocate(block, bytes);
        CHECK(memory_stats().allocated_bytes == before);
    }
}

TEST_CASE("blocks in use do not overlap") {
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    std::mt19937 random(1);
    for (int i = 0; i < 3000; ++i) {
        const std::size_t bytes = 1 + random() % (i % 10 == 0 ? 40000 : 1500);
        auto* block = static_cast<unsigned char*>(allocate(bytes));
        std::memset(block, i % 251, bytes);
        blocks.emplace_back(block, bytes);
    }
    bool intact = true;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto [block, bytes] = blocks[i];
        for (std::size_t k = 0; k < bytes; ++k) intact = intact && block[k] == i % 251;
        deallocate(block, bytes);
    }
    CHECK(intact);
}

TEST_CASE("a steady loop asks the system for nothing") {
    const auto step = [] {
        auto nodes = allocate_many(1000, 192);
        auto small = allocate_many(100, 4 * kKiB);
        auto large = allocate_many(3, 4 * kMiB);
        auto odd = allocate_many(20, 100 * kKiB + 5);
        deallocate_all(large, 4 * kMiB);
        deallocate_all(nodes, 192);
        deallocate_all(odd, 100 * kKiB + 5);
        deallocate_all(small, 4 * kKiB);
    };
    step();
    const std::size_t calls = memory_stats().system_calls;
    for (int i = 0; i < 5; ++i) step();
    CHECK((memory_stats().system_calls == calls) == kCaching);
}

TEST_CASE("what one thread frees another can use" * doctest::test_suite("threads")) {
    if (!kCaching) return;
    for (std::size_t bytes : {64UL, 192UL, 3000UL, 20 * kKiB, 300 * kKiB}) {
        CAPTURE(bytes);
        empty_cache();
        std::vector<void*> blocks;
        in_thread([&] { blocks = allocate_many(500, bytes); });
        const std::size_t calls = memory_stats().system_calls;
        in_thread([&] { deallocate_all(blocks, bytes); });
        in_thread([&] { deallocate_all(allocate_many(500, bytes), bytes); });
        CHECK(memory_stats().system_calls == calls);

        // From a thread that lives on only what its front may keep is out of reach.
        blocks = allocate_many(500, bytes);
        deallocate_all(blocks, bytes);
        in_thread([&] { deallocate_all(allocate_many(436, bytes), bytes); });
        CHECK(memory_stats().system_calls == calls);
    }
}

TEST_CASE("empty_cache returns what is cached") {
    empty_cache();
    const MemoryStats before = memory_stats();
    for (std::size_t bytes : {64UL, 1024UL, 5000UL, 200 * kKiB, 8 * kMiB}) {
        deallocate_all(allocate_many(300, bytes), bytes);
        CHECK(memory_stats().allocated_bytes == before.allocated_bytes);
    }
    CHECK((memory_stats().cached_bytes > before.cached_bytes) == kCaching);
    empty_cache();
    // Slabs that others' small blocks hold may have been cut anew, so not equal.
    CHECK(memory_stats().cached_bytes <= before.cached_bytes);
}

TEST_CASE("empty_cache reaches the fronts of other threads" * doctest::test_suite("threads")) {
    if (!kCaching) return;
    std::atomic<int> stage{0};
    const auto reach = [&](int next) {
        stage = next;
        stage.notify_all();
    };
    std::thread other([&] {
        deallocate_all(allocate_many(20, 2 * kKiB), 2 * kKiB);
        reach(1);
        stage.wait(1);
        deallocate(allocate(3 * kKiB), 3 * kKiB);  // Not in the front, so it turns to the pool.
        reach(3);
        stage.wait(3);
    });
    stage.wait(0);
    empty_cache();
    const std::size_t kept = memory_stats().cached_bytes;
    reach(2);
    stage.wait(2);
    empty_cache();
    const std::size_t left = memory_stats().cached_bytes;
    reach(4);
    other.join();
    CHECK(kept + 3 * kKiB == left + 20 * 2 * kKiB);
}

TEST_CASE("the cache keeps to its limit") {
    const LimitGuard guard;
    empty_cache();
    const std::size_t before = memory_stats().cached_bytes;
    set_memory_cache_limit(16 * kMiB);
    CHECK(memory_stats().cache_limit == 16 * kMiB);
    for (std::size_t bytes : {64UL, 10 * kKiB, 1 * kMiB, 15 * kMiB, 40 * kMiB}) {
        CAPTURE(bytes);
        deallocate_all(allocate_many(64 * kMiB / bytes + 1, bytes), bytes);
        CHECK(memory_stats().cached_bytes <= before + 16 * kMiB);
    }
    deallocate_all(allocate_many(10, 1 * kMiB), 1 * kMiB);
    set_memory_cache_limit(2 * kMiB);
    CHECK(memory_stats().cached_bytes <= before + 2 * kMiB + 4 * kMiB);  // The front follows at its next deallocation.

    set_memory_cache_limit(0);
    for (std::size_t bytes : {64UL, 10 * kKiB, 1 * kMiB}) {
        CAPTURE(bytes);
        deallocate_all(allocate_many(100, bytes), bytes);
        CHECK(memory_stats().cached_bytes <= before);
    }
}

TEST_CASE("trimming begins with the classes unused for longest") {
    if (!kCaching) return;
    const LimitGuard guard;
    empty_cache();
    set_memory_cache_limit(16 * kMiB);  // The fronts may claim half of it.
    deallocate_all(allocate_many(6, 1 * kMiB), 1 * kMiB);
    deallocate_all(allocate_many(5, 1536 * kKiB), 1536 * kKiB);
    deallocate_all(allocate_many(4, 128 * kKiB), 128 * kKiB);
    const std::size_t calls = memory_stats().system_calls;
    deallocate_all(allocate_many(5, 1536 * kKiB), 1536 * kKiB);
    CHECK(memory_stats().system_calls == calls);
    deallocate_all(allocate_many(6, 1 * kMiB), 1 * kMiB);
    CHECK(memory_stats().system_calls > calls);
}

TEST_CASE("memory that cannot be had is an error that says so") {
    for (std::size_t bytes : {SIZE_MAX, static_cast<std::size_t>(PTRDIFF_MAX) + 1}) {
        CHECK_THROWS_AS(allocate(bytes), OutOfMemoryError);
    }
    if (kSanitized) return;  // They end the program where malloc would return null.
    std::string message;
    try {
        allocate(std::size_t{1} << 47);
    } catch (const OutOfMemoryError& e) {
        message = e.what();
    }
    CHECK(message.find("[allocate] the system has no further 140737488355328 bytes; ") == 0);
    void* block = allocate(100);
    CHECK(block != nullptr);
    deallocate(block, 100);
}

TEST_CASE("the cache is given up before an allocation fails") {
    if (kSanitized) return;  // They map terabytes for themselves.
    empty_cache();
    deallocate(allocate(200 * kMiB), 200 * kMiB);
    std::size_t pages = 0;
    std::FILE* statm = std::fopen("/proc/self/statm", "r");
    REQUIRE(statm != nullptr);
    REQUIRE(std::fscanf(statm, "%zu", &pages) == 1);
    std::fclose(statm);
    rlimit old{};
    REQUIRE(getrlimit(RLIMIT_AS, &old) == 0);
    rlimit tight = old;
    tight.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + 50 * kMiB;
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    void* block = nullptr;
    CHECK_NOTHROW(block = allocate(150 * kMiB));
    CHECK_THROWS_AS(allocate(200 * kMiB), OutOfMemoryError);
    CHECK(setrlimit(RLIMIT_AS, &old) == 0);
    deallocate(block, 150 * kMiB);
}

TEST_CASE("many threads hand blocks to each other" * doctest::test_suite("threads")) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 3000;
    struct Block {
        unsigned char* data;
        std::size_t bytes;
        unsigned char tag;
    };
    const std::size_t before = memory_stats().allocated_bytes;
    std::mutex mutex;
    std::vector<Block> exchange;
    std::atomic<bool> intact{true};
    const auto check_and_free = [&](const Block& b) {
        for (std::size_t i = 0; i < b.bytes; i += 97) {
            if (b.data[i] != b.tag) intact = false;
        }
        deallocate(b.data, b.bytes);
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            std::mt19937 random(static_cast<unsigned>(t));
            for (int i = 0; i < kRounds; ++i) {
                const std::size_t bytes = 1 + random() % (i % 50 == 0 ? 100000 : 2000);
                const auto tag = static_cast<unsigned char>(random());
                const Block mine{static_cast<unsigned char*>(allocate(bytes)), bytes, tag};
                std::memset(mine.data, tag, bytes);
                if (i % 500 == 0) empty_cache();
                Block other{};
                {
                    const std::lock_guard lock(mutex);
                    exchange.push_back(mine);
                    if (exchange.size() > 50) {
                        std::swap(exchange[random() % exchange.size()], exchange.back());
                        other = exchange.back();
                        exchange.pop_back();
                    }
                }
                if (other.data) check_and_free(other);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const Block& b : exchange) check_and_free(b);
    CHECK(intact);
    CHECK(memory_stats().allocated_bytes == before);
}

namespace {

/// Frees its block, and takes and frees another, when it is destroyed.
struct FreesLate {
    void* block = nullptr;
    ~FreesLate() {
        deallocate(block, 192);
        deallocate(allocate(5000), 5000);
        deallocate(allocate(1 * kMiB), 1 * kMiB);
    }
};

FreesLate at_exit;

}  // namespace

TEST_CASE("objects of thread and static life may free after the thread's front is gone" *
          doctest::test_suite("threads")) {
    const std::size_t before = memory_stats().allocated_bytes;
    in_thread([] {
        static thread_local FreesLate at_thread_exit;
        at_thread_exit.block = nullptr;  // Constructed before the thread's front, so destroyed after it.
        at_thread_exit.block = allocate(192);
    });
    CHECK(memory_stats().allocated_bytes == before);
    at_exit.block = allocate(192);
}

#ifdef XGRAD_ASAN
TEST_CASE("AddressSanitizer sees use after free and one element past the end") {
    for (std::size_t bytes : {4UL, 12UL, 60UL, 64UL, 100UL, 192UL, 1024UL, 1028UL, 100 * kKiB + 4, 4 * kMiB}) {
        for (int round = 0; round < 2; ++round) {  // First from the system, then from the cache.
            CAPTURE(bytes);
            CAPTURE(round);
            auto* block = static_cast<char*>(allocate(bytes));
            CHECK(__asan_region_is_poisoned(block, bytes) == nullptr);
            CHECK(__asan_address_is_poisoned(block + bytes));
            CHECK(__asan_address_is_poisoned(block - 1));
            deallocate(block, bytes);
            CHECK(__asan_address_is_poisoned(block));
            CHECK(__asan_address_is_poisoned(block + bytes - 1));
        }
    }
}
#endif
