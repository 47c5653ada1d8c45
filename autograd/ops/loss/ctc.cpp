#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/loss/loss.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <cmath>
#include <limits>

/// Connectionist temporal classification: Graves et al., Connectionist Temporal Classification: Labelling Unsegmented
/// Sequence Data with Recurrent Neural Networks (ICML 2006); the equations are theirs.
namespace xgrad {

using detail::shape_string;

namespace ops {

namespace {

constexpr const char* kCtc = "ctc_loss";
constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// log(exp(a) + exp(b)) of numbers that may be minus infinity.
double log_add(double a, double b) {
    if (a < b) std::swap(a, b);
    return b == kImpossible ? a : a + std::log1p(std::exp(b - a));
}

using Lengths = detail::PoolVector<std::int64_t>;

/// A batch of problems. Logarithms of probabilities are (T, N, C), contiguous.
struct CtcBatch {
    Lengths input_lengths, target_lengths;
    std::int64_t blank;

    std::int64_t longest() const {
        return target_lengths.empty() ? 0 : *std::max_element(target_lengths.begin(), target_lengths.end());
    }
    /// Rows of memory for the states of one example: of the target with a blank before and after each label.
    std::int64_t states() const { return 2 * longest() + 1; }
    /// Examples that are worth a thread of their own.
    std::int64_t grain() const {
        std::int64_t longest_input = 1;
        for (const std::int64_t length : input_lengths) longest_input = std::max(longest_input, length);
        return 1024 / (longest_input * states());
    }
    std::int64_t input_length(std::int64_t n) const { return input_lengths[static_cast<std::size_t>(n)]; }
    std::int64_t target_length(std::int64_t n) const { return target_lengths[static_cast<std::size_t>(n)]; }
    /// So many batches of the same lengths, one after the other.
    CtcBatch repeated(std::int64_t count) const {
        CtcBatch all{{}, {}, blank};
        for (std::int64_t i = 0; i < count; ++i) {
            all.input_lengths.insert(all.input_lengths.end(), input_lengths.begin(), input_lengths.end());
            all.target_lengths.insert(all.target_lengths.end(), target_lengths.begin(), target_lengths.end());
        }
        return all;
    }
};

/// One example of a batch. State s is the blank before label s / 2 if it is even, else that label.
template <class T>
class CtcExample {
  public:
    CtcExample(const CtcBatch& batch, std::int64_t n, const Tensor& log_probs, const Tensor& targets)
        : times(batch.input_length(n)),
          states(2 * batch.target_length(n) + 1),
          blank_(batch.blank),
          step_(log_probs.size(1) * log_probs.size(2)),
          log_probs_(log_probs.data_ptr<T>() + n * log_probs.size(2)),
          targets_(targets.data_ptr<std::int64_t>()) {
        if (targets.dim() == 2)
            targets_ += n * targets.size(1);
        else
            for (std::int64_t k = 0; k < n; ++k) targets_ += batch.target_length(k);
    }

    std::int64_t label(std::int64_t s) const { return s % 2 == 0 ? blank_ : targets_[s / 2]; }
    double log_prob(std::int64_t t, std::int64_t s) const {
        return static_cast<double>(log_probs_[t * step_ + label(s)]);
    }
    /// Whether an alignment may go from state s to s + 2: the blank between may be left out.
    bool skips(std::int64_t s) const { return s % 2 == 1 && s + 2 < states && label(s) != label(s + 2); }

    /// alpha[t][s]: the logarithm of the probability of all ways to be in state s at time t (equations 5 to 7).
    void forward(double* alpha, std::int64_t width) const {
        for (std::int64_t t = 0; t < times; ++t) {
            double* now = alpha + t * width;
            const double* before = now - width;
            for (std::int64_t s = 0; s < states; ++s) {
                double ways = t == 0 ? (s < 2 ? 0 : kImpossible) : before[s];
                if (t > 0 && s > 0) ways = log_add(ways, before[s - 1]);
                if (t > 0 && s > 1 && skips(s - 2)) ways = log_add(ways, before[s - 2]);
                now[s] = ways == kImpossible ? ways : ways + log_prob(t, s);
            }
        }
    }

    /// -log of the probability of the target (equation 8).
    double loss(const double* alpha, std::int64_t width) const {
        if (times == 0) return states == 1 ? 0 : -kImpossible;
        const double* last = alpha + (times - 1) * width;
        return -log_add(last[states - 1], states > 1 ? last[states - 2] : kImpossible);
    }

    /// The probability of being in state s at time t, given the target, for t from the end: visit(t, s, probability).
    /// `beta` are two rows for the probabilities of all ways to go on after t (equations 9 to 11).
    template <class Visit>
    void backward(const double* alpha, double* beta, std::int64_t width, double loss, Visit visit) const {
        double *now = beta, *after = beta + width;
        for (std::int64_t t = times - 1; t >= 0; --t, std::swap(now, after)) {
            const auto go_to = [&](std::int64_t s) {
                return after[s] == kImpossible ? kImpossible : after[s] + log_prob(t + 1, s);
            };
            for (std::int64_t s = 0; s < states; ++s) {
                if (t == times - 1) {
                    now[s] = s + 2 >= states ? 0 : kImpossible;
                } else {
                    now[s] = go_to(s);
                    if (s + 1 < states) now[s] = log_add(now[s], go_to(s + 1));
                    if (skips(s)) now[s] = log_add(now[s], go_to(s + 2));
                }
                visit(t, s, std::exp(alpha[t * width + s] + now[s] + loss));
            }
        }
    }

    const std::int64_t times, states;

  private:
    std::int64_t blank_, step_;
    const T* log_probs_;
    const std::int64_t* targets_;
};

/// The gradient of the losses: scale * (exp(log_probs) - probability of each class given the target). It can be
/// differentiated by the scale alone.
struct CtcBackward {
    static constexpr const char* name = "ctc_loss_backward";
    static constexpr Uses uses[] = {in(1) | in(2) | in(3) | in(4), kNothing, kNothing, kNothing, kNothing};

    CtcBatch problems;
    bool zero_infinity;

    Tensor forward(const Tensor& scale, const Tensor& log_probs, const Tensor& targets, const Tensor& losses,
                   const Tensor& alpha) const {
        const Tensor x = log_probs.contiguous(), labels = targets.contiguous(), factors = scale.contiguous();
        Tensor out = zeros(x.sizes(), x.dtype());
        visit_floating(x.dtype(), [&](auto v) {
            using T = decltype(v);
            detail::parallel_for(0, x.size(1), problems.grain(), [&](std::int64_t begin, std::int64_t end) {
                detail::PoolVector<double> beta(static_cast<std::size_t>(2 * problems.states()));
                for (; begin < end; ++begin)
                    example<T>(begin, x, labels, factors.data_ptr<T>()[begin], losses.data_ptr<T>()[begin], alpha,
                               beta.data(), out);
            });
        });
        return out;
    }
    void vjp(Vjp& b) const {
        if (b.needs(1)) raise_twice();
        const Tensor losses = b.input(3);
        const Tensor unit = detail_op::apply(*this, ones_like(losses), b.input(1), b.input(2), losses, b.input(4));
        b.set(0, (b.grad() * unit).sum({0, 2}));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        if (t[1].defined()) raise_twice();
        return t[0].defined() ? detail_op::apply(*this, t[0], x[1], x[2], x[3], x[4]) : Tensor();
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const CtcBackward all{problems.repeated(batch_size(x, dims)), zero_infinity};
        return batch_folded(all, x, dims, {0, 1, 0, 0, 0}, 1);
    }

  private:
    [[noreturn]] static void raise_twice() {
        raise<NotImplementedError>(kCtc,
                                   "the derivative for 'ctc_loss_backward' is not implemented: the gradient can't be "
                                   "differentiated again");
    }

    template <class T>
    void example(std::int64_t n, const Tensor& log_probs, const Tensor& targets, T scale, T loss, const Tensor& alpha,
                 double* beta, const Tensor& out) const {
        if (zero_infinity && std::isinf(loss)) return;
        const CtcExample<T> one(problems, n, log_probs, targets);
        const std::int64_t classes = log_probs.size(2), step = log_probs.size(1) * classes, width = problems.states();
        T* gradient = out.data_ptr<T>() + n * classes;
        const T* x = log_probs.data_ptr<T>() + n * classes;
        const double* of_example = alpha.data_ptr<double>() + n * log_probs.size(0) * width;
        // An impossible target has no gradient.
        const double precise =
            std::isinf(loss) ? std::numeric_limits<double>::quiet_NaN() : one.loss(of_example, width);
        one.backward(of_example, beta, width, precise, [&](std::int64_t t, std::int64_t s, double probability) {
            gradient[t * step + one.label(s)] -= static_cast<T>(probability);
        });
        for (std::int64_t t = 0; t < one.times; ++t)
            for (std::int64_t c = 0; c < classes; ++c) {
                T& g = gradient[t * step + c];
                g = std::isinf(loss) ? static_cast<T>(precise) : scale * (g + std::exp(x[t * step + c]));
            }
    }
};

/// Checks a batch (T, N, C) with targets (N, S) or one after the other.
void check(const Tensor& log_probs, const Tensor& targets, const CtcBatch& batch) {
    const std::int64_t times = log_probs.size(0), count = log_probs.size(1), classes = log_probs.size(2);
    if (!log_probs.is_floating_point())
        raise<DtypeError>(kCtc, "needs log_probs of floating point dtype, got ", log_probs.dtype());
    if (batch.blank < 0 || batch.blank >= classes)
        raise<IndexError>(kCtc, "blank must be in label range: there are ", classes, " classes, and blank is ",
                          batch.blank);
    const auto check_size = [&](const char* what, const Lengths& lengths) {
        if (static_cast<std::int64_t>(lengths.size()) != count)
            raise<ShapeError>(kCtc, what, " must be of size batch_size: there are ", count, " examples and ",
                              lengths.size(), " lengths");
        for (const std::int64_t length : lengths)
            if (length < 0)
                raise<ValueError>(kCtc, "Expected ", what, " to have value at least 0, but got value ", length);
    };
    check_size("input_lengths", batch.input_lengths);
    check_size("target_lengths", batch.target_lengths);
    for (const std::int64_t length : batch.input_lengths)
        if (length > times)
            raise<ValueError>(kCtc, "Expected input_lengths to have value at most ", times, ", but got value ", length);
    if (targets.dim() != 1 && (targets.dim() != 2 || targets.size(0) != count))
        raise<ShapeError>(kCtc, "targets must be (", count,
                          ", S) or one after the other in one dimension, got the shape ",
                          shape_string(targets.sizes()));
    std::int64_t total = 0;
    for (const std::int64_t length : batch.target_lengths) total += length;
    if (targets.dim() == 1 && targets.size(0) != total)
        raise<ShapeError>(kCtc, "Expected tensor to have size ", total,
                          " at dimension 0, the sum of target_lengths, but got size ", targets.size(0),
                          " for argument 'targets'");
    if (targets.dim() == 2 && targets.size(1) < batch.longest())
        raise<ShapeError>(kCtc, "Expected tensor to have size at least ", batch.longest(),
                          " at dimension 1, but got size ", targets.size(1), " for argument 'targets'");
    if (targets.dim() == 1) return check_range(kCtc, targets, classes, std::nullopt);
    for (std::int64_t n = 0; n < count; ++n)  // what pads a row may be anything
        check_range(kCtc, targets[n].narrow(0, 0, batch.target_length(n)), classes, std::nullopt);
}

/// The loss of each example and, for the gradient, its alpha (N, T, states), in float64.
struct CtcLoss {
    static constexpr const char* name = kCtc;
    static constexpr Uses uses[] = {in(0) | in(1) | out(0) | out(1), kNothing};
    static constexpr unsigned differentiable = 1;

    CtcBatch problems;
    bool zero_infinity;

    std::array<Tensor, 2> forward(const Tensor& log_probs, const Tensor& targets) const {
        check(log_probs, targets, problems);
        const Tensor x = log_probs.contiguous(), labels = targets.contiguous();
        const std::int64_t count = x.size(1), width = problems.states();
        Tensor losses = empty({count}, x.dtype()), alpha = empty({count, x.size(0), width}, kFloat64);
        visit_floating(x.dtype(), [&](auto v) {
            using T = decltype(v);
            detail::parallel_for(0, count, problems.grain(), [&](std::int64_t begin, std::int64_t end) {
                for (; begin < end; ++begin) {
                    const CtcExample<T> one(problems, begin, x, labels);
                    double* of_example = alpha.data_ptr<double>() + begin * x.size(0) * width;
                    one.forward(of_example, width);
                    losses.data_ptr<T>()[begin] = static_cast<T>(one.loss(of_example, width));
                }
            });
        });
        return {losses, alpha};
    }
    void vjp(Vjp& b) const { b.set(0, gradient(b.grad(), b.input(0), b.input(1), b.output(0), saved_constant(b, 1))); }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, std::span<const Tensor> y) const {
        return (gradient(ones_like(y[0]), x[0], x[1], y[0], y[1]) * t[0]).sum({0, 2});
    }
    auto batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const CtcLoss all{problems.repeated(batch_size(x, dims)), zero_infinity};
        return batch_folded(all, x, dims, {1, 0}, {0, 0});
    }

  private:
    Tensor gradient(const Tensor& scale, const Tensor& log_probs, const Tensor& targets, const Tensor& losses,
                    const Tensor& alpha) const;
};

using Ctc = Family<CtcLoss, CtcBackward>;

Tensor CtcLoss::gradient(const Tensor& scale, const Tensor& log_probs, const Tensor& targets, const Tensor& losses,
                         const Tensor& alpha) const {
    return Ctc::apply(CtcBackward{problems, zero_infinity}, scale, log_probs, targets, losses, alpha);
}

Lengths lengths_of(const char* what, const Tensor& lengths) {
    if (lengths.is_floating_point() || lengths.dtype() == kBool)
        raise<DtypeError>(kCtc, what, " must be integral, got ", lengths.dtype());
    const Tensor plain = lengths.to(kInt64).contiguous();
    return {plain.data_ptr<std::int64_t>(), plain.data_ptr<std::int64_t>() + plain.numel()};
}

Tensor run(const Tensor& log_probs, const Tensor& targets, CtcBatch batch, Reduction reduction, bool zero_infinity) {
    const bool batched = log_probs.dim() == 3;
    if (!batched && log_probs.dim() != 2)
        raise<ShapeError>(kCtc, "log_probs must be (T, N, C) or (T, C), got the shape ",
                          shape_string(log_probs.sizes()));
    if (targets.is_floating_point() || targets.dtype() == kBool)
        raise<DtypeError>(kCtc, "targets must be integral, got ", targets.dtype());
    const Tensor x = batched ? log_probs : log_probs.unsqueeze(1);
    const Tensor labels = (batched || targets.dim() != 1 ? targets : targets.unsqueeze(0)).to(kInt64);
    const CtcLoss op{std::move(batch), zero_infinity};
    Tensor losses = Ctc::apply(op, x, labels)[0];
    if (zero_infinity) losses = where(losses == -kImpossible, 0, losses);
    if (reduction == Reduction::Mean) {
        const Lengths& lengths = op.problems.target_lengths;
        const Tensor divisors = empty(losses.sizes(), kInt64);
        std::transform(lengths.begin(), lengths.end(), divisors.data_ptr<std::int64_t>(),
                       [](std::int64_t length) { return std::max<std::int64_t>(length, 1); });
        return (losses / divisors.to(losses.dtype())).mean();
    }
    if (reduction == Reduction::Sum) return losses.sum();
    return batched ? losses : losses.squeeze(0);
}

}  // namespace

std::vector<OpInfo> ctc_operations() { return Ctc::table(); }

}  // namespace ops

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, IntArrayRef input_lengths, IntArrayRef target_lengths,
                std::int64_t blank, Reduction reduction, bool zero_infinity) {
    ops::CtcBatch batch{
        {input_lengths.begin(), input_lengths.end()}, {target_lengths.begin(), target_lengths.end()}, blank};
    return ops::run(log_probs, targets, std::move(batch), reduction, zero_infinity);
}

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, std::int64_t blank, Reduction reduction, bool zero_infinity) {
    ops::CtcBatch batch{ops::lengths_of("input_lengths", input_lengths),
                        ops::lengths_of("target_lengths", target_lengths), blank};
    return ops::run(log_probs, targets, std::move(batch), reduction, zero_infinity);
}

}  // namespace xgrad
