#include <xgrad/nn/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/optim/update.h>

namespace xgrad::optim {

namespace {

constexpr const char* kName = "LBFGS";

void check(const LBFGSOptions& options) {
    detail::check_not_negative(kName, "learning rate", options.lr());
    detail::check_not_negative(kName, "tolerance_grad", options.tolerance_grad());
    detail::check_not_negative(kName, "tolerance_change", options.tolerance_change());
    if (options.history_size() < 1)
        raise<ValueError>(kName, "Invalid history_size: ", options.history_size(), "; it must be at least 1");
    if (options.line_search_fn() && *options.line_search_fn() != "strong_wolfe")
        raise<ValueError>(kName, "only 'strong_wolfe' is supported as line_search_fn, got '", *options.line_search_fn(),
                          "'");
}

double number(const Tensor& x) { return x.item().to_double(); }
double product(const Tensor& x, const Tensor& y) { return number(x.dot(y)); }
double largest(const Tensor& x) { return x.numel() == 0 ? 0 : number(x.abs().max()); }

/// Parameters as one vector, and the loss as a function of it.
class Problem {
  public:
    Problem(const std::vector<Tensor>& params, const Optimizer::LossClosure& closure)
        : params_(params), closure_(closure) {}

    /// The loss at the parameters; gradient() is that of it then.
    Tensor evaluate() const {
        const AutoGradMode recording(true);
        Tensor loss = closure_();
        if (!loss.defined() || loss.numel() != 1)
            raise<ValueError>(kName, "the closure must return the loss, a tensor of one element");
        return loss;
    }

    Tensor gradient() const {
        TensorList parts;
        for (const Tensor& p : params_) {
            if (p.grad().defined()) detail::check_param(kName, p);
            parts.push_back(p.grad().defined() ? p.grad().reshape({-1}) : zeros({p.numel()}, p.dtype()));
        }
        return cat(parts);
    }

    void add(double length, const Tensor& direction) const {
        std::int64_t at = 0;
        for (Tensor p : params_) {
            p.add_(direction.narrow(0, at, p.numel()).view(p.sizes()), length);
            at += p.numel();
        }
    }

    TensorList copy() const {
        TensorList out;
        for (const Tensor& p : params_) out.push_back(p.detach().clone());
        return out;
    }
    void set(const TensorList& values) const {
        for (std::size_t i = 0; i < params_.size(); ++i) Tensor(params_[i]).copy_(values[i]);
    }

  private:
    const std::vector<Tensor>& params_;
    const Optimizer::LossClosure& closure_;
};

/// A point on the line of a search: its position, loss, gradient and slope.
struct Point {
    double t, loss;
    Tensor gradient;
    double slope;
};

/// Where the cubic through two points with their slopes has its minimum, within bounds.
double minimum_between(const Point& a, const Point& b, double low, double high) {
    const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
    const double square = d1 * d1 - a.slope * b.slope;
    if (!(square >= 0)) return (low + high) / 2;
    const double d2 = std::sqrt(square);
    const Point &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
    const double t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
    return std::min(std::max(t, low), high);
}

/// A step length that satisfies the strong Wolfe conditions: the loss falls enough, and its slope too.
class StrongWolfe {
  public:
    StrongWolfe(const Problem& problem, const Tensor& direction, const Point& start, double tolerance_change)
        : problem_(problem),
          direction_(direction),
          start_(start),
          width_(largest(direction)),
          tolerance_(tolerance_change),
          origin_(problem.copy()) {}

    Point search(double first) { return bracket(first) ? zoom() : low_; }
    std::int64_t evaluations() const { return evaluations_; }

  private:
    static constexpr double kFall = 1e-4, kSlope = 0.9;
    static constexpr int kMostIterations = 25;

    Point at(double t) {
        ++evaluations_;
        problem_.add(t, direction_);
        const double loss = number(problem_.evaluate());
        Tensor gradient = problem_.gradient();
        problem_.set(origin_);
        const double slope = product(gradient, direction_);
        return {t, loss, std::move(gradient), slope};
    }
    bool too_high(const Point& p) const { return p.loss > start_.loss + kFall * p.t * start_.slope; }
    bool flat(const Point& p) const { return std::abs(p.slope) <= -kSlope * start_.slope; }

    /// Finds two points between which there is a good one; false when low_ itself is good.
    bool bracket(double first) {
        Point before = start_, now = at(first);
        for (; iterations_ < kMostIterations; ++iterations_) {
            if (too_high(now) || (iterations_ > 1 && now.loss >= before.loss)) return take(before, now);
            if (flat(now)) {
                low_ = now;
                return false;
            }
            if (now.slope >= 0) return take(before, now);
            const double next = minimum_between(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
            before = std::exchange(now, at(next));
        }
        return take(start_, now);
    }
    bool take(const Point& a, const Point& b) {
        low_ = a.loss <= b.loss ? a : b;
        high_ = a.loss <= b.loss ? b : a;
        return true;
    }

    Point zoom() {
        bool stuck = false;
        while (iterations_ < kMostIterations && std::abs(high_.t - low_.t) * width_ >= tolerance_) {
            const double left = std::min(low_.t, high_.t), right = std::max(low_.t, high_.t);
            double t = minimum_between(low_, high_, left, right);
            // Close to an end again, or at it: move away from it.
            const double margin = 0.1 * (right - left);
            const bool close = std::min(right - t, t - left) < margin;
            const bool moves = close && (stuck || t >= right || t <= left);
            if (moves) t = std::abs(t - right) < std::abs(t - left) ? right - margin : left + margin;
            stuck = close && !moves;
            const Point now = at(t);
            ++iterations_;
            if (too_high(now) || now.loss >= low_.loss) {
                take(low_, now);
                continue;
            }
            const bool good = flat(now);
            if (!good && now.slope * (high_.t - low_.t) >= 0) high_ = low_;
            low_ = now;
            if (good) break;
        }
        return low_;
    }

    const Problem& problem_;
    const Tensor& direction_;
    const Point& start_;
    double width_, tolerance_;
    TensorList origin_;
    Point low_, high_;
    int iterations_ = 0;
    std::int64_t evaluations_ = 0;
};

/// Remembers the last change of gradient and parameters, unless it shows no curvature.
void remember(LBFGSParamState& state, const Tensor& gradient, std::int64_t history_size) {
    const Tensor y = gradient - state.prev_flat_grad(), s = state.d() * state.t();
    const double ys = product(y, s);
    if (!(ys > 1e-10)) return;
    while (static_cast<std::int64_t>(state.ro().size()) >= history_size) {
        state.old_dirs().pop_front();
        state.old_stps().pop_front();
        state.ro().pop_front();
    }
    state.old_dirs().push_back(y);
    state.old_stps().push_back(s);
    state.ro().push_back(1 / ys);
    state.H_diag(ys / product(y, y));
}

/// The estimate of the inverse Hessian times -gradient, by the two loops of Nocedal (1980).
Tensor direction_of(const LBFGSParamState& state, const Tensor& gradient) {
    const std::size_t n = state.ro().size();
    std::vector<double> factors(n);
    Tensor q = -gradient;
    for (std::size_t i = n; i-- > 0;) {
        factors[i] = product(state.old_stps()[i], q) * state.ro()[i];
        q.add_(state.old_dirs()[i], -factors[i]);
    }
    q.mul_(state.H_diag());
    for (std::size_t i = 0; i < n; ++i) {
        const double other = product(state.old_dirs()[i], q) * state.ro()[i];
        q.add_(state.old_stps()[i], factors[i] - other);
    }
    return q;
}

}  // namespace

LBFGS::LBFGS(const std::vector<OptimizerParamGroup>& param_groups, const LBFGSOptions& defaults)
    : Optimizer(param_groups, defaults.clone()) {
    if (param_groups_.size() != 1)
        raise<ValueError>(kName, "LBFGS doesn't support per-parameter options (parameter groups): got ",
                          param_groups_.size(), " groups");
    check(detail::options_of<LBFGSOptions>(kName, param_groups_[0]));
}

LBFGS::LBFGS(const std::vector<Tensor>& params, const LBFGSOptions& defaults)
    : LBFGS(std::vector<OptimizerParamGroup>{OptimizerParamGroup(params)}, defaults) {}

Tensor LBFGS::step(LossClosure closure) {
    if (!closure) raise<ValueError>(kName, "requires a closure that computes the loss and its gradients");
    if (param_groups_.size() != 1) raise<ValueError>(kName, "LBFGS doesn't support parameter groups");
    const NoGradGuard no_grad;
    const LBFGSOptions& options = detail::options_of<LBFGSOptions>(kName, param_groups_[0]);
    check(options);
    const std::vector<Tensor>& params = param_groups_[0].params();
    const Problem problem(params, closure);
    Tensor first_loss = problem.evaluate();
    if (params.empty()) return first_loss;
    auto& slot = state_[params[0].unsafeGetTensorImpl()];
    if (!slot) slot = std::make_unique<LBFGSParamState>();
    auto& state = static_cast<LBFGSParamState&>(*slot);

    double loss = number(first_loss);
    Tensor gradient = problem.gradient();
    std::int64_t evaluations = 1;
    ++state.func_evals();
    if (largest(gradient) <= options.tolerance_grad()) return first_loss;
    const std::int64_t most_evaluations = options.max_eval().value_or(options.max_iter() * 5 / 4);
    for (std::int64_t iteration = 1; iteration <= options.max_iter(); ++iteration) {
        const bool first = ++state.n_iter() == 1;
        if (!first) remember(state, gradient, options.history_size());
        state.d(direction_of(state, gradient)).prev_flat_grad(gradient).prev_loss(loss);
        state.t(first ? std::min(1.0, 1 / number(gradient.abs().sum())) * options.lr() : options.lr());
        const double slope = product(gradient, state.d());
        if (slope > -options.tolerance_change()) break;
        const std::int64_t before = evaluations;
        if (options.line_search_fn()) {
            const Point start{0, loss, gradient, slope};
            StrongWolfe line(problem, state.d(), start, options.tolerance_change());
            const Point found = line.search(state.t());
            problem.add(found.t, state.d());
            state.t(found.t);
            loss = found.loss;
            gradient = found.gradient;
            evaluations += line.evaluations();
        } else {
            problem.add(state.t(), state.d());
            if (iteration != options.max_iter()) {
                loss = number(problem.evaluate());
                gradient = problem.gradient();
                ++evaluations;
            }
        }
        state.func_evals() += evaluations - before;
        if (evaluations >= most_evaluations || largest(gradient) <= options.tolerance_grad()) break;
        if (largest(state.d()) * state.t() <= options.tolerance_change()) break;
        if (std::abs(loss - state.prev_loss()) < options.tolerance_change()) break;
    }
    return first_loss;
}

}  // namespace xgrad::optim
