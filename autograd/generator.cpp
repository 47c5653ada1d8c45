#include <xgrad/autograd/error.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/mt19937.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>

namespace xgrad {

namespace {

using detail::GeneratorAccess;
using detail::Mt19937;

/// The bytes of `torch.get_rng_state()`: at::CPUGeneratorImplState on a 64-bit machine, padding spelled out.
struct StateBytes {
    std::uint64_t seed;
    std::int32_t left;
    std::int32_t seeded;
    std::uint64_t next;
    std::array<std::uint64_t, Mt19937::kWords> words;
    double unused_x;
    double next_double;
    double unused_rho;
    std::int32_t has_next_double;
    std::int32_t padding;
    float next_float;
    std::uint8_t has_next_float;
    std::array<std::uint8_t, 3> padding_end;
};
static_assert(sizeof(StateBytes) == 5056 && std::is_trivially_copyable_v<StateBytes>);

}  // namespace

Generator::Generator(std::uint64_t seed) : state_(std::make_shared<detail::GeneratorState>()) {
    set_current_seed(seed);
}

Generator Generator::clone() const {
    Generator copy(current_seed());
    copy.set_state(get_state());
    return copy;
}

std::mutex& Generator::mutex() const { return GeneratorAccess::state(*this).mutex; }

void Generator::set_current_seed(std::uint64_t seed) const {
    auto& state = GeneratorAccess::state(*this);
    state.seed = seed;
    state.engine.seed(static_cast<std::uint32_t>(seed));
    state.next_float.reset();
    state.next_double.reset();
}

const Generator& Generator::manual_seed(std::uint64_t seed) const {
    set_current_seed(seed);
    return *this;
}

std::uint64_t Generator::seed() const {
    std::random_device device;
    const std::uint64_t high = device();
    // 53 bits, as in PyTorch: the seed survives a passage through a double.
    const std::uint64_t seed = ((high << 32) | device()) & ((std::uint64_t{1} << 53) - 1);
    set_current_seed(seed);
    return seed;
}

std::uint64_t Generator::current_seed() const { return GeneratorAccess::state(*this).seed; }

std::vector<std::uint8_t> Generator::get_state() const {
    const auto& state = GeneratorAccess::state(*this);
    StateBytes bytes{};
    bytes.seed = state.seed;
    bytes.seeded = 1;
    bytes.next = state.engine.next();
    bytes.left = static_cast<std::int32_t>(Mt19937::kWords + 1 - state.engine.next());
    std::copy(state.engine.words().begin(), state.engine.words().end(), bytes.words.begin());
    bytes.has_next_double = state.next_double.has_value();
    bytes.next_double = state.next_double.value_or(0.0);
    bytes.has_next_float = state.next_float.has_value();
    bytes.next_float = state.next_float.value_or(0.0f);
    std::vector<std::uint8_t> result(sizeof bytes);
    std::memcpy(result.data(), &bytes, sizeof bytes);
    return result;
}

void Generator::set_state(const std::vector<std::uint8_t>& bytes) const {
    auto& state = GeneratorAccess::state(*this);
    StateBytes s;
    if (bytes.size() != sizeof s) {
        raise<ValueError>("set_state", "a generator's state is ", sizeof s, " bytes, got ", bytes.size());
    }
    std::memcpy(&s, bytes.data(), sizeof s);
    // `left` counts down to the next block of words. At 1 none is left, whatever `next` says: a generator that PyTorch
    // has just seeded stores 0 there.
    const bool exhausted = s.left == 1 && s.next <= Mt19937::kWords;
    const bool within = s.left > 1 && s.next >= 1 && s.next < Mt19937::kWords &&
                        s.next + static_cast<std::uint64_t>(s.left) == Mt19937::kWords + 1;
    const auto is_word = [](std::uint64_t w) { return w <= std::numeric_limits<std::uint32_t>::max(); };
    if (s.seeded == 0 || !(exhausted || within) || !std::all_of(s.words.begin(), s.words.end(), is_word)) {
        raise<ValueError>("set_state", "invalid mt19937 state: seeded ", s.seeded, ", left ", s.left, ", next ", s.next,
                          "; seeded must be set, left + next be ", Mt19937::kWords + 1, " and every word have 32 bits");
    }
    Mt19937::Words words;
    std::transform(s.words.begin(), s.words.end(), words.begin(),
                   [](std::uint64_t w) { return static_cast<std::uint32_t>(w); });
    state.seed = s.seed;
    state.engine.set(words, exhausted ? Mt19937::kWords : static_cast<std::size_t>(s.next));
    state.next_double = s.has_next_double != 0 ? std::optional(s.next_double) : std::nullopt;
    state.next_float = s.has_next_float != 0 ? std::optional(s.next_float) : std::nullopt;
}

std::uint32_t Generator::random() const { return GeneratorAccess::state(*this).engine(); }

std::uint64_t Generator::random64() const {
    const std::uint64_t high = random();
    return (high << 32) | random();
}

std::optional<float> Generator::next_float_normal_sample() const { return GeneratorAccess::state(*this).next_float; }

std::optional<double> Generator::next_double_normal_sample() const { return GeneratorAccess::state(*this).next_double; }

void Generator::set_next_float_normal_sample(std::optional<float> sample) const {
    GeneratorAccess::state(*this).next_float = sample;
}

void Generator::set_next_double_normal_sample(std::optional<double> sample) const {
    GeneratorAccess::state(*this).next_double = sample;
}

Generator& default_generator() {
    // Never destroyed, so that objects with static life may draw while they die.
    static Generator& generator = *new Generator(kDefaultSeed);
    return generator;
}

void manual_seed(std::uint64_t seed) {
    const Generator& generator = default_generator();
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(seed);
}

namespace detail {

Generator createCPUGenerator(std::uint64_t seed) { return Generator(seed); }

const Generator& generator_or_default(const std::optional<Generator>& generator) {
    return generator && generator->defined() ? *generator : default_generator();
}

}  // namespace detail
}  // namespace xgrad
