#include <xgrad/autograd/parallel.h>

#include <xgrad/autograd/error.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

// A divided call is a job: its range is cut into chunks, and each participant (the caller is participant 0, worker i
// participant i) owns a contiguous run of them, so that the same thread tends to touch the same data from call to call.
// Who has finished its own run steals from the others'. The caller never waits for a worker to begin: when no chunk is
// left it shuts the gate, through which workers enter a job, and waits only for those inside.

namespace xgrad {
namespace {

using detail::RangeFunction;

constexpr int kMaxThreads = 256;
constexpr std::int64_t kChunksPerThread = 4;  // Enough for a thread that was interrupted to be relieved of its rest.
constexpr std::chrono::microseconds kSpin{50};
constexpr std::size_t kCacheLine = 64;

constinit thread_local bool in_region = false;

int available_processors() {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
#endif
    return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Waits until `word` is other than `old`: awake for a while if `spin`, then asleep.
void await_change(const std::atomic<std::uint32_t>& word, std::uint32_t old, bool spin) {
    if (spin) {
        const auto end = std::chrono::steady_clock::now() + kSpin;
        do {
            for (int i = 0; i < 16; ++i) {
                if (word.load(std::memory_order_acquire) != old) return;
                relax();
            }
        } while (std::chrono::steady_clock::now() < end);
    }
    word.wait(old, std::memory_order_acquire);
}

struct Job {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t chunk = 0;
    int participants = 0;
    RangeFunction function = nullptr;
    void* context = nullptr;
    std::atomic<bool> failed{false};
    std::exception_ptr error;  // Written by the one who sets `failed`.
};

/// The chunks that a participant owns and that nobody has begun.
struct alignas(kCacheLine) Run {
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
};

struct alignas(kCacheLine) Worker {
    std::atomic<std::uint32_t> signal{0};  // Changes when there is a job for this worker.
    std::thread thread;
};

class Pool {
  public:
    /// Never destroyed: a worker may look at it until the process is gone.
    static Pool& instance() {
        static Pool* const pool = new Pool;
        static const Shutdown shutdown{*pool};
        return *pool;
    }

    void run(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFunction f, void* context);

    std::atomic<int> threads{available_processors()};

  private:
    struct Shutdown {
        Pool& pool;
        ~Shutdown() { pool.shut_down(); }
    };

    // The gate's word: whether workers may enter, and how many are inside.
    static constexpr std::uint32_t kOpen = 1;
    static constexpr std::uint32_t kInside = 2;

    int hire(int wanted);
    static void call(Worker& worker);
    void work(Worker& self, int index);
    bool enter();
    void leave();
    void take_part(int index);
    void shut_down();

    std::atomic<bool> busy_{false};  // One job at a time; past main the pool stays busy.
    std::atomic<bool> stopping_{false};
    std::atomic<bool> spin_{true};
    const int processors_ = available_processors();
    alignas(kCacheLine) std::atomic<std::uint32_t> gate_{0};
    alignas(kCacheLine) Job job_;
    std::array<Run, kMaxThreads> runs_;
    std::vector<std::unique_ptr<Worker>> workers_;  // Touched by whoever holds busy_.
};

void Pool::run(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFunction f, void* context) {
    const std::int64_t grains = (end - begin - 1) / grain + 1;
    const int allowed = std::min(threads.load(std::memory_order_relaxed), kMaxThreads);
    const int wanted = static_cast<int>(std::min<std::int64_t>(allowed, grains));
    if (wanted < 2 || busy_.exchange(true, std::memory_order_acquire)) return f(context, begin, end);

    const int participants = hire(wanted);
    const bool spin = allowed <= processors_;  // Spinning threads would keep the others of ours from running.
    spin_.store(spin, std::memory_order_relaxed);

    const std::int64_t grains_per_chunk = std::max<std::int64_t>(grains / (participants * kChunksPerThread), 1);
    const std::int64_t chunks = (grains - 1) / grains_per_chunk + 1;
    job_.begin = begin;
    job_.end = end;
    job_.chunk = grains_per_chunk * grain;
    job_.participants = participants;
    job_.function = f;
    job_.context = context;
    job_.failed.store(false, std::memory_order_relaxed);
    for (int i = 0; i < participants; ++i) {
        Run& run = runs_[static_cast<std::size_t>(i)];
        run.next.store(chunks * i / participants, std::memory_order_relaxed);
        run.end = chunks * (i + 1) / participants;
    }
    gate_.store(kOpen, std::memory_order_release);
    for (int i = 1; i < participants; ++i) call(*workers_[static_cast<std::size_t>(i - 1)]);

    in_region = true;
    take_part(0);
    in_region = false;

    std::uint32_t inside = gate_.fetch_and(~kOpen) & ~kOpen;
    while (inside != 0) {
        await_change(gate_, inside, spin);
        inside = gate_.load(std::memory_order_acquire);
    }
    const std::exception_ptr error = std::exchange(job_.error, nullptr);
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
}

/// Sees to it that there are `wanted` participants, or as many as the system has threads for.
int Pool::hire(int wanted) {
    try {
        while (static_cast<int>(workers_.size()) + 1 < wanted) {
            auto worker = std::make_unique<Worker>();
            workers_.reserve(workers_.size() + 1);
            worker->thread = std::thread(&Pool::work, this, std::ref(*worker), static_cast<int>(workers_.size()) + 1);
            workers_.push_back(std::move(worker));
        }
    } catch (const std::exception&) {
        // Fewer do.
    }
    return std::min(wanted, static_cast<int>(workers_.size()) + 1);
}

void Pool::call(Worker& worker) {
    worker.signal.fetch_add(1);
    worker.signal.notify_one();
}

void Pool::work(Worker& self, int index) {
    in_region = true;
    std::uint32_t seen = 0;
    for (;;) {
        await_change(self.signal, seen, spin_.load(std::memory_order_relaxed));
        seen = self.signal.load(std::memory_order_acquire);
        if (stopping_.load(std::memory_order_relaxed)) return;
        if (!enter()) continue;
        if (index < job_.participants) take_part(index);  // Else woken for an earlier job of more threads.
        leave();
    }
}

bool Pool::enter() {
    std::uint32_t gate = gate_.load(std::memory_order_relaxed);
    while (gate & kOpen) {
        if (gate_.compare_exchange_weak(gate, gate + kInside, std::memory_order_acquire, std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void Pool::leave() {
    if (gate_.fetch_sub(kInside) == kInside) gate_.notify_one();
}

void Pool::take_part(int index) {
    for (int i = 0; i < job_.participants; ++i) {
        Run& run = runs_[static_cast<std::size_t>((index + i) % job_.participants)];
        while (!job_.failed.load(std::memory_order_relaxed)) {
            const std::int64_t chunk = run.next.fetch_add(1, std::memory_order_relaxed);
            if (chunk >= run.end) break;
            const std::int64_t begin = job_.begin + chunk * job_.chunk;
            try {
                job_.function(job_.context, begin, begin + std::min(job_.chunk, job_.end - begin));
            } catch (...) {
                if (!job_.failed.exchange(true)) job_.error = std::current_exception();
            }
        }
    }
}

void Pool::shut_down() {
    // Busy: exit() was called while a job runs, maybe from within it. The workers then end with the process.
    if (busy_.exchange(true, std::memory_order_acquire)) return;
    stopping_.store(true, std::memory_order_relaxed);
    for (const auto& worker : workers_) call(*worker);
    for (const auto& worker : workers_) worker->thread.join();
}

}  // namespace

void set_num_threads(int n) {
    if (n < 1) raise<ValueError>("set_num_threads", "the number of threads must be at least 1, got ", n);
    Pool::instance().threads.store(n, std::memory_order_relaxed);
}

int get_num_threads() { return Pool::instance().threads.load(std::memory_order_relaxed); }

bool in_parallel_region() { return in_region; }

namespace detail {

void parallel_run(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFunction f, void* context) {
    if (in_region) return f(context, begin, end);
    Pool::instance().run(begin, end, grain, f, context);
}

}  // namespace detail

}  // namespace xgrad
