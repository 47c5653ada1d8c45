#include <xgrad/autograd/parallel.h>

#include <xgrad/autograd/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace xgrad;
using detail::parallel_for;

namespace {

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

struct ThreadsGuard {
    int old = get_num_threads();
    ~ThreadsGuard() { set_num_threads(old); }
};

/// The ranges of a parallel_for in ascending order.
Ranges ranges_of(std::int64_t begin, std::int64_t end, std::int64_t grain) {
    std::mutex mutex;
    Ranges ranges;
    parallel_for(begin, end, grain, [&](std::int64_t b, std::int64_t e) {
        const std::lock_guard lock(mutex);
        ranges.emplace_back(b, e);
    });
    std::sort(ranges.begin(), ranges.end());
    return ranges;
}

std::int64_t parallel_sum(std::int64_t n) {
    std::atomic<std::int64_t> sum{0};
    parallel_for(0, n, 1, [&](std::int64_t b, std::int64_t e) {
        for (std::int64_t i = b; i < e; ++i) sum += i;
    });
    return sum;
}

/// Runs in a chunk until `count` chunks are running, each on a thread of its own.
void meet(std::atomic<int>& arrived, int count) {
    ++arrived;
    while (arrived < count) std::this_thread::yield();
}

/// Made before the pool and so destroyed after it.
struct SumsAtExit {
    ~SumsAtExit() {
        if (parallel_sum(1000) != 499500) std::abort();
    }
};

SumsAtExit sums_at_exit;

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("parallel_for covers the range once, with boundaries at multiples of the grain") {
    const ThreadsGuard guard;
    for (int threads : {1, 2, 4, 8}) {
        set_num_threads(threads);
        for (std::int64_t begin : {0, -7, 1000}) {
            for (std::int64_t size : {1, 2, 3, 16, 17, 100, 4097}) {
                for (std::int64_t grain : {-1, 1, 2, 3, 16, 48, 5000}) {
                    CAPTURE(threads);
                    CAPTURE(begin);
                    CAPTURE(size);
                    CAPTURE(grain);
                    const Ranges ranges = ranges_of(begin, begin + size, grain);
                    std::int64_t at = begin;
                    bool exact = true;
                    for (const auto& [b, e] : ranges) {
                        exact = exact && b == at && e > b && (b - begin) % std::max<std::int64_t>(grain, 1) == 0;
                        at = e;
                    }
                    CHECK(exact);
                    CHECK(at == begin + size);
                    if (threads == 1 || size <= grain) CHECK(ranges.size() == 1);
                    if (threads > 1 && grain == 1 && size > 1) CHECK(ranges.size() > 1);
                }
            }
        }
    }
}

TEST_CASE("an empty range calls nothing") {
    CHECK(ranges_of(0, 0, 1).empty());
    CHECK(ranges_of(5, 3, 1).empty());
}

TEST_CASE("the largest range") {
    const ThreadsGuard guard;
    set_num_threads(4);
    const Ranges ranges = ranges_of(0, INT64_MAX, std::int64_t{1} << 60);
    CHECK(ranges.front().first == 0);
    CHECK(ranges.back().second == INT64_MAX);
    CHECK(ranges.size() == 8);
}

TEST_CASE("as many threads take part as are set") {
    const ThreadsGuard guard;
    for (int threads : {2, 4, 8, 3}) {
        set_num_threads(threads);
        CHECK(get_num_threads() == threads);
        std::atomic<int> arrived{0};
        parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) { meet(arrived, threads); });
        CHECK(arrived == threads);
    }
}

TEST_CASE("set_num_threads refuses less than one") {
    const int before = get_num_threads();
    CHECK(before >= 1);
    for (int n : {0, -1}) {
        std::string message;
        try {
            set_num_threads(n);
        } catch (const ValueError& e) {
            message = e.what();
        }
        CHECK(message == "[set_num_threads] the number of threads must be at least 1, got " + std::to_string(n));
    }
    CHECK(get_num_threads() == before);
}

TEST_CASE("nested calls run inline") {
    const ThreadsGuard guard;
    set_num_threads(4);
    CHECK_FALSE(in_parallel_region());
    std::atomic<int> wrong{0};
    std::atomic<std::int64_t> sum{0};
    parallel_for(0, 40, 1, [&](std::int64_t b, std::int64_t e) {
        if (!in_parallel_region()) ++wrong;
        for (std::int64_t i = b; i < e; ++i) {
            int calls = 0;
            parallel_for(0, 100, 1, [&](std::int64_t inner_begin, std::int64_t inner_end) {
                ++calls;
                sum += inner_end - inner_begin;
            });
            if (calls != 1) ++wrong;
        }
    });
    CHECK(wrong == 0);
    CHECK(sum == 4000);
    CHECK_FALSE(in_parallel_region());
}

TEST_CASE("the first exception reaches the caller and the pool stays usable") {
    const ThreadsGuard guard;
    for (int threads : {1, 2, 4, 8}) {
        CAPTURE(threads);
        set_num_threads(threads);
        for (std::int64_t bad : {0, 499, 999}) {
            CAPTURE(bad);
            CHECK_THROWS_WITH_AS(parallel_for(0, 1000, 1,
                                              [&](std::int64_t b, std::int64_t e) {
                                                  if (b <= bad && bad < e) throw std::range_error("chunk");
                                              }),
                                 "chunk", std::range_error);
            CHECK_FALSE(in_parallel_region());
            CHECK(parallel_sum(1000) == 499500);
        }
        CHECK_THROWS_AS(parallel_for(0, 1000, 1, [](std::int64_t, std::int64_t) { throw 1; }), int);
    }
}

TEST_CASE("after an exception no further chunk begins") {
    const ThreadsGuard guard;
    set_num_threads(2);
    std::atomic<int> arrived{0};
    std::atomic<int> begun{0};
    const auto chunk = [&](std::int64_t, std::int64_t) {
        ++begun;
        meet(arrived, 2);  // Both threads are in their first chunk, and both throw.
        throw std::runtime_error("both");
    };
    CHECK_THROWS_AS(parallel_for(0, 100, 1, chunk), std::runtime_error);
    CHECK(begun == 2);
}

TEST_CASE("several callers at once") {
    const ThreadsGuard guard;
    set_num_threads(4);
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t) {
        callers.emplace_back([&, t] {
            for (int i = 0; i < 500; ++i) {
                const std::int64_t n = 10 + (i * 7 + t) % 200;
                if (parallel_sum(n) != n * (n - 1) / 2) ++wrong;
                if (in_parallel_region()) ++wrong;
                if (i % 50 == 0) set_num_threads(1 + (i / 50 + t) % 5);
                try {
                    parallel_for(0, 20, 1, [t](std::int64_t, std::int64_t) { throw t; });
                    ++wrong;
                } catch (int thrown) {
                    if (thrown != t) ++wrong;
                }
            }
        });
    }
    for (auto& caller : callers) caller.join();
    CHECK(wrong == 0);
}

TEST_CASE("a second caller runs inline while the pool is busy") {
    const ThreadsGuard guard;
    set_num_threads(2);
    Ranges second;
    parallel_for(0, 2, 1, [&](std::int64_t b, std::int64_t) {
        if (b == 0) std::thread([&] { second = ranges_of(0, 10, 1); }).join();
    });
    CHECK(second == Ranges{{0, 10}});
}

TEST_CASE("many tiny calls, and calls after a rest") {
    const ThreadsGuard guard;
    for (int threads : {2, 4, 8}) {
        set_num_threads(threads);
        std::int64_t wrong = 0;
        for (int i = 0; i < 5000; ++i) wrong += parallel_sum(8) != 28;
        for (int i = 0; i < 20; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // The workers have gone to sleep.
            wrong += parallel_sum(64) != 2016;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("plain writes in chunks are visible to the caller, and the caller's to the chunks") {
    const ThreadsGuard guard;
    set_num_threads(4);
    std::vector<int> data(10000);
    for (int round = 1; round <= 50; ++round) {
        std::fill(data.begin(), data.end(), round);
        parallel_for(0, 10000, 100, [&](std::int64_t b, std::int64_t e) {
            for (std::int64_t i = b; i < e; ++i) ++data[static_cast<std::size_t>(i)];
        });
        CHECK(std::all_of(data.begin(), data.end(), [&](int x) { return x == round + 1; }));
    }
}

TEST_CASE("a worker that never begins is not waited for") {
    const ThreadsGuard guard;
    set_num_threads(4);
    CHECK(parallel_sum(1000) == 499500);
    const pid_t child = fork();  // Workers do not survive it: all that is left is the caller.
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(20);
        _exit(parallel_sum(1000) == 499500 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_SUITE_END();
