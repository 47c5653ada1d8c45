// What the machine can do at best: the rate of sgemm, the bandwidth of copying, and the small training step written by
// hand. Usage: benchmark_floors THREADS: prints a line of JSON; benchmark_floors core: the kernels that OpenBLAS chose.
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include <cblas.h>

#include <xgrad/autograd/ops/simd/simd_math.h>

#include "small_step.h"

extern "C" void openblas_set_num_threads(int);
extern "C" char* openblas_get_corename(void);

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::vector<float> numbers(std::size_t count) {
    std::mt19937 generator(1);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(generator()) * 0x1p-32f;
    return values;
}

/// Seconds of one call, the best of those that fit into `budget` seconds: what disturbs only adds.
template <class F>
double best_time(F&& f, double budget) {
    double best = 1e9;
    for (const auto begin = Clock::now(); seconds_since(begin) < budget;) {
        const auto start = Clock::now();
        f();
        best = std::min(best, seconds_since(start));
    }
    return best;
}

/// Floating-point operations a second of large products.
double sgemm_rate(int threads) {
    constexpr int n = 1024;
    openblas_set_num_threads(threads);
    const std::vector<float> a = numbers(n * n), b = numbers(n * n);
    std::vector<float> c(n * n);
    const auto product = [&] {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
    };
    product();
    return 2.0 * n * n * n / best_time(product, 0.5);
}

/// Bytes a second that `threads` threads get through when each calls `pass(from, to)` on its two blocks over and over;
/// `bytes` is what one round of all of them touches.
template <class F>
double stream_rate(int threads, std::size_t bytes, std::size_t count, F&& pass) {
    const std::size_t repeats = std::max<std::size_t>(1, (std::size_t{64} << 20) / bytes);
    double best = 1e9;
    std::barrier start(threads), end(threads);
    const auto work = [&](bool timing) {
        const std::vector<float> from = numbers(count);
        std::vector<float> to(count);
        for (int trial = 0; trial < 20; ++trial) {
            start.arrive_and_wait();
            const auto begin = Clock::now();
            for (std::size_t i = 0; i < repeats; ++i) pass(from, to);
            end.arrive_and_wait();
            if (timing) best = std::min(best, seconds_since(begin));
        }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work, false);
    work(true);
    for (std::thread& thread : others) thread.join();
    return static_cast<double>(bytes) * static_cast<double>(repeats) / best;
}

/// Bytes read and written a second by copying.
double copy_rate(int threads, std::size_t bytes) {
    const std::size_t count = bytes / 2 / sizeof(float) / static_cast<std::size_t>(threads);
    return stream_rate(threads, bytes, count, [](const std::vector<float>& from, std::vector<float>& to) {
        std::memcpy(to.data(), from.data(), from.size() * sizeof(float));
        asm volatile("" : : "r"(to.data()) : "memory");
    });
}

/// Bytes read a second by adding up.
double read_rate(int threads, std::size_t bytes) {
    const std::size_t count = bytes / sizeof(float) / static_cast<std::size_t>(threads);
    return stream_rate(threads, bytes, count, [](const std::vector<float>& from, std::vector<float>&) {
        using L = xgrad::simd::Lane<float, xsimd::default_arch>;
        L sum[4] = {L(0.0f), L(0.0f), L(0.0f), L(0.0f)};
        for (std::size_t i = 0; i + 4 * L::size <= from.size(); i += 4 * L::size)
            for (std::size_t k = 0; k < 4; ++k) sum[k] = sum[k] + L::load(&from[i + k * L::size]);
        asm volatile("" : : "r"(sum) : "memory");
    });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && argv[1] == std::string_view("core")) {
        std::cout << openblas_get_corename() << '\n';
        return 0;
    }
    const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
    nlohmann::json rates{{"threads", threads}, {"sgemm", sgemm_rate(threads)}};
    for (std::size_t bytes = std::size_t{16} << 10; bytes <= std::size_t{256} << 20; bytes *= 4)
        rates["copy"].push_back({bytes, copy_rate(threads, bytes)});
    rates["read"] = read_rate(threads, std::size_t{64} << 20);
    if (threads == 1) {
        openblas_set_num_threads(1);
        benchmarks::SmallStep step;
        rates["small_step"] = 1e6 * best_time([&] { step.run(); }, 0.3);
    }
    std::cout << rates << '\n';
}
