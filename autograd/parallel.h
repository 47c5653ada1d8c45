#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace xgrad {

/// Sets how many threads an operation may use, the calling one included (at most 256 take part). Results do not depend
/// on it. Throws ValueError below 1.
void set_num_threads(int n);

/// How many threads an operation may use: by default the processors this process may run on (its affinity mask).
int get_num_threads();

/// Whether the calling thread is inside a `parallel_for` that was divided; a further one runs inline.
bool in_parallel_region();

namespace detail {

using RangeFunction = void (*)(void* context, std::int64_t begin, std::int64_t end);

/// `parallel_for` without the template; `begin < end`, `grain >= 1`.
void parallel_run(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFunction f, void* context);

/// Calls `f(b, e)` on disjoint ranges that together are [begin, end), possibly on several threads at once, and returns
/// when all are done. Inner boundaries are multiples of `grain` counted from `begin`; a range may span several grains,
/// so a result that must not depend on the number of threads may not depend on where ranges end either.
///
/// There is one call `f(begin, end)` on the calling thread if the range is at most one grain, one thread is set, the
/// caller is in a parallel region already, another thread is using the pool, or the program is past main.
///
/// The first exception thrown by `f` reaches the caller; ranges not begun by then are dropped. Thread-local state of
/// the caller, such as the grad mode, does not reach the other threads: `f` must not depend on it.
template <class F>
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, F&& f) {
    if (begin >= end) return;
    if (grain < 1) grain = 1;
    if (end - begin <= grain) {
        f(begin, end);
        return;
    }
    using Function = std::remove_reference_t<F>;
    parallel_run(
        begin, end, grain,
        [](void* context, std::int64_t b, std::int64_t e) { (*static_cast<Function*>(context))(b, e); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
}

}  // namespace detail

}  // namespace xgrad
