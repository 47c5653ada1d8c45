#pragma once

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/generator.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

// What stands behind a Generator; for generator.cpp and random_fill.cpp only.

namespace xgrad::detail {

/// MT19937 of Matsumoto and Nishimura (1998), seeded by their init_genrand of 2002.
class Mt19937 {
  public:
    static constexpr std::size_t kWords = 624;
    using Words = std::array<std::uint32_t, kWords>;

    void seed(std::uint32_t value) {
        words_[0] = value;
        for (std::uint32_t i = 1; i < kWords; ++i) {
            value = 1812433253u * (value ^ (value >> 30)) + i;
            words_[i] = value;
        }
        next_ = kWords;
    }

    std::uint32_t operator()() {
        if (next_ == kWords) twist();
        return temper(words_[next_++]);
    }

    /// The next `n` words of the stream, a block at a time.
    void generate(std::uint32_t* out, std::size_t n) {
        while (n > 0) {
            if (next_ == kWords) twist();
            const std::size_t m = std::min(n, kWords - next_);
            for (std::size_t i = 0; i < m; ++i) out[i] = temper(words_[next_ + i]);
            next_ += m;
            out += m;
            n -= m;
        }
    }

    void discard(std::size_t n) {
        for (; n > 0; --n) operator()();
    }

    const Words& words() const { return words_; }
    std::size_t next() const { return next_; }
    void set(const Words& words, std::size_t next) {
        words_ = words;
        next_ = next;
    }

  private:
    static constexpr std::size_t kShift = 397;

    static std::uint32_t temper(std::uint32_t y) {
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    static std::uint32_t mix(std::uint32_t a, std::uint32_t b) {
        return (((a & 0x80000000u) | (b & 0x7fffffffu)) >> 1) ^ ((0u - (b & 1u)) & 0x9908b0dfu);
    }

    // Two loops without a remainder in the index, which the compiler turns into vector code.
    void twist() {
        std::uint32_t* const w = words_.data();
        for (std::size_t i = 0; i < kWords - kShift; ++i) w[i] = w[i + kShift] ^ mix(w[i], w[i + 1]);
        for (std::size_t i = kWords - kShift; i < kWords - 1; ++i) w[i] = w[i + kShift - kWords] ^ mix(w[i], w[i + 1]);
        w[kWords - 1] = w[kShift - 1] ^ mix(w[kWords - 1], w[0]);
        next_ = 0;
    }

    Words words_{};
    std::size_t next_ = kWords;
};

struct GeneratorState {
    std::mutex mutex;
    std::uint64_t seed = 0;
    Mt19937 engine;
    std::optional<float> next_float;
    std::optional<double> next_double;
};

struct GeneratorAccess {
    static GeneratorState& state(const Generator& generator) {
        if (!generator.defined()) raise<ValueError>("Generator", "the handle is undefined; make one from a seed");
        return *generator.state_;
    }
};

}  // namespace xgrad::detail
