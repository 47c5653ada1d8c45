#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace xgrad {

/// The seed of a generator that was given none, and of the default generator at the start of the process.
inline constexpr std::uint64_t kDefaultSeed = 67280421310721;

namespace detail {
struct GeneratorState;
struct GeneratorAccess;
}  // namespace detail

/// A source of random bits: MT19937, seeded and consumed as PyTorch's CPU generator, so that equal seeds give equal
/// tensors. A handle: copies share one state; `clone()` gives an independent one. A default-constructed handle is
/// undefined: functions that take a generator then use the default one, every member but `defined()` throws ValueError.
///
/// Members do not lock. Where threads share a generator, hold `mutex()` around them; operations on tensors lock it
/// themselves.
class Generator {
  public:
    Generator() = default;
    explicit Generator(std::uint64_t seed);

    bool defined() const { return state_ != nullptr; }
    Generator clone() const;
    std::mutex& mutex() const;

    /// Starts the stream of `seed` and drops a kept normal sample. Of the 64 bits the low 32 choose the stream.
    void set_current_seed(std::uint64_t seed) const;
    /// The same, returning the generator.
    const Generator& manual_seed(std::uint64_t seed) const;
    /// Seeds with a number that differs from run to run, and returns it.
    std::uint64_t seed() const;
    /// The seed last given, all 64 bits of it.
    std::uint64_t current_seed() const;

    /// The whole state, kept normal samples included, in the byte layout of `torch.get_rng_state()` (5056 bytes).
    std::vector<std::uint8_t> get_state() const;
    /// Takes the state back. Throws ValueError, changing nothing, for bytes that are no state.
    void set_state(const std::vector<std::uint8_t>& bytes) const;

    /// The next 32 bits of the stream.
    std::uint32_t random() const;
    /// The next 64 bits: two draws, the first in the high half.
    std::uint64_t random64() const;

    /// The second normal of a Box-Muller pair, kept for the next draw.
    std::optional<float> next_float_normal_sample() const;
    std::optional<double> next_double_normal_sample() const;
    void set_next_float_normal_sample(std::optional<float> sample) const;
    void set_next_double_normal_sample(std::optional<double> sample) const;

    /// Whether both are handles of one state.
    friend bool operator==(const Generator&, const Generator&) = default;

  private:
    friend struct detail::GeneratorAccess;
    std::shared_ptr<detail::GeneratorState> state_;
};

/// The generator used where none is given; one for the process, shared by its threads.
Generator& default_generator();

/// Seeds the default generator, under its lock.
void manual_seed(std::uint64_t seed);

namespace detail {

/// libtorch's name for making a generator.
Generator createCPUGenerator(std::uint64_t seed = kDefaultSeed);

/// The generator given, or the default one if none is given or the handle is undefined.
const Generator& generator_or_default(const std::optional<Generator>& generator);

// Fills of contiguous memory. All take the generator's lock; an undefined handle means the default generator. Bad
// arguments throw ValueError before anything is drawn or written. `n` is a number of elements, at least 0.

/// Uniform on [from, to), T = float or double; a result that rounds up to `to` is possible, as in PyTorch.
template <class T>
void uniform(T* out, std::int64_t n, double from, double to, const Generator& generator);

/// Normal of mean `mean` and standard deviation `std`, T = float or double: by blocks for n >= 16, else by pairs.
template <class T>
void normal(T* out, std::int64_t n, double mean, double std, const Generator& generator);

/// The same one pair at a time whatever n: the rule of `normal_` on a tensor that is not contiguous.
template <class T>
void normal_by_pairs(T* out, std::int64_t n, double mean, double std, const Generator& generator);

/// Exponential of rate `lambda`, T = float or double.
template <class T>
void exponential(T* out, std::int64_t n, double lambda, const Generator& generator);

/// exp of normal numbers, drawn by pairs, T = float or double.
template <class T>
void log_normal(T* out, std::int64_t n, double mean, double std, const Generator& generator);

/// Cauchy's distribution about `median` of width `sigma`, T = float or double.
template <class T>
void cauchy(T* out, std::int64_t n, double median, double sigma, const Generator& generator);

/// Trials until one succeeds, each with probability p, for every dtype.
template <class T>
void geometric(T* out, std::int64_t n, double p, const Generator& generator);

/// Integers from {base, ..., base + range - 1}, for every dtype. `range` is at least 1, its ends are values of T.
template <class T>
void random_from_to(T* out, std::int64_t n, std::uint64_t range, std::int64_t base, const Generator& generator);

/// `random_()` without bounds: {0, ..., max} of an integer T; {0, ..., 2^24} of float, {0, ..., 2^53} of double.
template <class T>
void random_full(T* out, std::int64_t n, const Generator& generator);

/// A permutation of 0 .. n-1, T an integer that can hold it.
template <class T>
void randperm(T* out, std::int64_t n, const Generator& generator);

/// 1 with probability p, else 0, for every dtype: `bernoulli_(p)` and dropout's mask. Draws in double.
template <class T>
void bernoulli(T* out, std::int64_t n, double p, const Generator& generator);

/// 1 with probability p[i]: `bernoulli(p)` and `bernoulli_(p)` of a tensor. P = float or double is also the precision
/// drawn in, so this differs from the scalar form. `out` may be `p`.
template <class T, class P>
void bernoulli_tensor(T* out, const P* p, std::int64_t n, const Generator& generator);

/// `samples` indices for each of the `rows` rows of `weights` (rows x categories, not necessarily summing to 1), into
/// `out` (rows x samples). T = float or double.
template <class T>
void multinomial(std::int64_t* out, const T* weights, std::int64_t rows, std::int64_t categories, std::int64_t samples,
                 bool replacement, const Generator& generator);

}  // namespace detail
}  // namespace xgrad
