#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck_difference.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace xgrad::detail {

using autograd::GradcheckElement;
using autograd::GradcheckOptions;
using autograd::GradcheckResult;

namespace {

/// A Jacobian, one column after the other.
using Columns = std::vector<double>;

/// The index tuple of the row-major position `at`.
std::vector<std::int64_t> index_of(IntArrayRef sizes, std::int64_t at) {
    std::vector<std::int64_t> index(sizes.size());
    for (std::size_t d = sizes.size(); d-- > 0; at /= sizes[d]) index[d] = at % sizes[d];
    return index;
}

double weighted_sum(const Tensor& values, const Tensor& weights) { return (values * weights).sum().item<double>(); }

/// The row-major positions from `begin` to `end` of `weights`, and 0 elsewhere.
Tensor restricted(const Tensor& weights, std::int64_t begin, std::int64_t end) {
    Tensor part = zeros_like(weights.contiguous());
    part.view({-1}).slice(0, begin, end).copy_(weights.reshape({-1}).slice(0, begin, end));
    return part;
}

/// The place of an error among n, when `error_of(begin, end)` is that of a range: follows the larger half. NaN is an
/// error.
template <class ErrorOf>
std::int64_t bisect(std::int64_t n, const ErrorOf& error_of) {
    std::int64_t begin = 0, end = n;
    while (end - begin > 1) {
        const std::int64_t middle = begin + (end - begin) / 2;
        const double left = std::abs(error_of(begin, middle)), right = std::abs(error_of(middle, end));
        const bool go_left = std::isnan(left) || left >= right;
        (go_left ? end : begin) = middle;
    }
    return begin;
}

class Checker {
  public:
    Checker(const GradcheckSubject& subject, const GradcheckOptions& options)
        : subject_(subject),
          options_(options),
          random_(options.seed),
          outputs_(evaluate()),
          differences_(subject, options, outputs_) {
        result_.eps = differences_.step();
        result_.dtype = differences_.dtype();
    }

    GradcheckResult run() {
        // Anew, since what was recorded may be stale, and to see whether there is a function to differentiate.
        const TensorList first = std::exchange(outputs_, evaluate());
        require_equal(first);
        for (std::size_t v = 0; v < subject_.variables.size(); ++v) {
            std::vector<std::size_t> entry_by_entry, projected;
            for (std::size_t o = 0; o < outputs_.size(); ++o) {
                if (!is_checked(outputs_[o])) continue;
                const std::int64_t entries = outputs_[o].numel() * subject_.variables[v].numel();
                if (entries == 0) continue;
                const bool all = !options_.fast_mode && entries <= options_.full_jacobian_limit;
                (all ? entry_by_entry : projected).push_back(o);
            }
            const std::vector<std::int64_t> columns = columns_of(v);
            if (!entry_by_entry.empty()) check_entries(v, columns, entry_by_entry);
            if (columns.empty()) continue;
            for (int k = 0; k < options_.directions && !projected.empty(); ++k) check_direction(v, columns, projected);
        }
        return std::move(result_);
    }

  private:
    struct Entry {
        std::size_t output, variable;
        bool forward;
        std::int64_t row = -1, column = -1;  // both -1 along a direction
        double analytic = 0, numerical = 0;
    };

    /// Whether backward, or forward mode, is to be compared for a variable.
    bool compares(std::size_t v, bool forward) const {
        if (!forward) return options_.check_backward_ad;
        return options_.check_forward_ad && argument_of(v) < subject_.arguments.size();
    }

    TensorList evaluate() const { return subject_.function(subject_.arguments); }

    void require_equal(const TensorList& first) const {
        if (outputs_.size() != first.size())
            raise<ValueError>("gradcheck", "the function returned ", first.size(), " outputs at first and ",
                              outputs_.size(), " when it was called again: it must return as many each time");
        for (std::size_t o = 0; o < first.size(); ++o) {
            if (!is_checked(first[o])) continue;
            const NoGradGuard no_grad;
            const bool same = outputs_[o].defined() && outputs_[o].sizes() == first[o].sizes() &&
                              outputs_[o].allclose(first[o], 0, 0, true);
            if (!same)
                raise<ValueError>("gradcheck", output_name(o),
                                  " changed when the function was called again with the same inputs: a derivative "
                                  "needs a function of them alone (dropout is off after eval())");
        }
    }

    /// The positions of a variable's elements in the domain.
    std::vector<std::int64_t> columns_of(std::size_t v) const {
        const Tensor& x = subject_.variables[v];
        const Tensor mask = options_.domain ? options_.domain(x.detach()) : Tensor();
        if (mask.defined() && (mask.dtype() != kBool || mask.sizes() != x.sizes()))
            raise<ShapeError>("gradcheck", "the domain of ", subject_.names[v], " must be a Bool tensor of shape ",
                              shape_string(x.sizes()), ", got ", mask.dtype(), " of shape ",
                              shape_string(mask.sizes()));
        const Tensor inside = mask.defined() ? mask.contiguous() : mask;
        std::vector<std::int64_t> columns;
        for (std::int64_t c = 0; c < x.numel(); ++c)
            if (!inside.defined() || inside.data_ptr<bool>()[c]) columns.push_back(c);
        return columns;
    }

    void check_entries(std::size_t v, const std::vector<std::int64_t>& columns,
                       const std::vector<std::size_t>& outputs) {
        std::vector<Columns> numerical(outputs.size()), forward(outputs.size());
        const auto append = [&](std::vector<Columns>& to, const TensorList& column) {
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                const Tensor& values = column[outputs[i]];
                to[i].insert(to[i].end(), values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
            }
        };
        for (const std::int64_t c : columns) {
            append(numerical, central(v, {{c, 1}}));
            if (compares(v, true)) append(forward, tangents(v, {{c, 1}}));
        }
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const std::size_t o = outputs[i];
            const auto outside = subject_.variables[v].numel() - static_cast<std::int64_t>(columns.size());
            result_.skipped += outside * outputs_[o].numel();
            if (compares(v, false)) compare({o, v, false}, columns, backward_columns(o, v, columns), numerical[i]);
            if (compares(v, true)) compare({o, v, true}, columns, forward[i], numerical[i]);
        }
    }

    Columns backward_columns(std::size_t o, std::size_t v, const std::vector<std::int64_t>& columns) {
        const std::int64_t rows = outputs_[o].numel();
        Columns out(static_cast<std::size_t>(rows) * columns.size());
        for (std::int64_t r = 0; r < rows; ++r) {
            const Tensor row = gradient(o, v, one_at(o, r));
            for (std::size_t i = 0; i < columns.size(); ++i)
                out[i * static_cast<std::size_t>(rows) + static_cast<std::size_t>(r)] =
                    row.data_ptr<double>()[columns[i]];
        }
        return out;
    }

    void compare(Entry entry, const std::vector<std::int64_t>& columns, const Columns& analytic,
                 const Columns& numerical) {
        const std::int64_t rows = outputs_[entry.output].numel();
        std::size_t at = 0;
        for (const std::int64_t c : columns) {
            std::array<TensorList, 5> line;  // of this column, if it is needed
            for (std::int64_t r = 0; r < rows; ++r, ++at) {
                entry.row = r;
                entry.column = c;
                entry.analytic = analytic[at];
                entry.numerical = numerical[at];
                if (options_.skip_kinks && fails(entry)) {
                    if (line[0].empty()) line = line_along(entry.variable, {{c, 1}});
                    if (lies_at_kink(entry, line)) {
                        ++result_.skipped;
                        continue;
                    }
                }
                record(entry);
            }
        }
    }

    /// Compares w^T J u for each of the outputs; those where it disagrees are taken off the list.
    void check_direction(std::size_t v, const std::vector<std::int64_t>& columns, std::vector<std::size_t>& outputs) {
        const Tensor components = randn(subject_.variables[v].sizes(), random_, kFloat64);
        Direction u;
        for (const std::int64_t c : columns) u.emplace_back(c, components.data_ptr<double>()[c]);
        const TensorList numerical = central(v, u);
        std::vector<std::size_t> agreeing;
        for (const std::size_t o : outputs) {
            // Normalised, so that tolerances mean the same whatever the number of elements.
            const Tensor w =
                randn(outputs_[o].sizes(), random_, kFloat64) / std::sqrt(static_cast<double>(outputs_[o].numel()));
            bool agrees = true;
            for (const bool forward : {false, true}) {
                if (!compares(v, forward)) continue;
                Entry along{o, v, forward};
                along.analytic = projected(along, u, w);
                along.numerical = weighted_sum(numerical[o], w);
                agrees &= settle(along, u, w);
            }
            if (agrees) agreeing.push_back(o);
        }
        outputs = agreeing;
    }

    /// Takes the derivative along a direction into the result, or the entry that makes it wrong. Whether it agrees.
    bool settle(const Entry& along, const Direction& u, const Tensor& w) {
        if (!fails(along)) {
            record(along);
            return true;
        }
        if (options_.skip_kinks && lies_at_kink(along, line_along(along.variable, u), w)) {
            ++result_.skipped;
            return true;
        }
        const Entry entry = located(along, u, w);
        record(fails(entry) ? entry : along);
        return false;
    }

    /// The entry of the Jacobian that has most of the error of w^T J u, found by bisection: first its column.
    Entry located(Entry entry, const Direction& u, const Tensor& w) {
        const auto component = bisect(static_cast<std::int64_t>(u.size()), [&](std::int64_t begin, std::int64_t end) {
            const Direction part(u.begin() + begin, u.begin() + end);
            return projected(entry, part, w) - weighted_sum(central(entry.variable, part)[entry.output], w);
        });
        entry.column = u[static_cast<std::size_t>(component)].first;
        const Direction one{{entry.column, 1}};
        const Tensor column = central(entry.variable, one)[entry.output];
        entry.row = bisect(column.numel(), [&](std::int64_t begin, std::int64_t end) {
            const Tensor part = restricted(w, begin, end);
            return projected(entry, one, part) - weighted_sum(column, part);
        });
        entry.analytic = projected(entry, one, one_at(entry.output, entry.row));
        entry.numerical = column.data_ptr<double>()[entry.row];
        return entry;
    }

    /// `weights` are those of a direction.
    bool lies_at_kink(const Entry& entry, const std::array<TensorList, 5>& outputs, const Tensor& weights = {}) const {
        Line line;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const Tensor& y = outputs[i][entry.output];
            line[i] = entry.row < 0 ? weighted_sum(y, weights) : y.data_ptr<double>()[entry.row];
        }
        return at_kink(line, differences_.step(), entry.analytic, allowed(entry));
    }

    // --- Derivatives

    /// A weight of 1 on one element of an output, 0 on the others.
    Tensor one_at(std::size_t o, std::int64_t element) const {
        Tensor w = zeros(outputs_[o].sizes(), kFloat64);
        w.data_ptr<double>()[element] = 1;
        return w;
    }

    TensorList central(std::size_t v, const Direction& direction) {
        stale_ = differences_.converts();
        return differences_.central(v, direction);
    }

    std::array<TensorList, 5> line_along(std::size_t v, const Direction& direction) {
        stale_ = differences_.converts();
        return differences_.line(v, direction);
    }

    /// w^T J u by backward or by forward mode.
    double projected(const Entry& entry, const Direction& u, const Tensor& w) {
        if (entry.forward) return weighted_sum(tangents(entry.variable, u)[entry.output], w);
        const Tensor g = gradient(entry.output, entry.variable, w);
        double sum = 0;
        for (const auto& [at, component] : u) sum += g.data_ptr<double>()[at] * component;
        return sum;
    }

    /// Backward's gradient of sum(w * output), contiguous and float64.
    Tensor gradient(std::size_t o, std::size_t v, const Tensor& w) {
        if (std::exchange(stale_, false)) outputs_ = evaluate();
        const Tensor &x = subject_.variables[v], &y = outputs_[o];
        Tensor g;
        if (y.requires_grad()) g = autograd::grad({y}, {x}, {w.to(y.dtype())}, true, false, true)[0];
        if (!g.defined()) g = zeros_like(x);
        if (g.sizes() != x.sizes())
            raise<ShapeError>("gradcheck", "the gradient of ", subject_.names[v], " has the shape ",
                              shape_string(g.sizes()), " instead of ", shape_string(x.sizes()));
        const NoGradGuard no_grad;
        return (g.to(kFloat64) * options_.analytic_scale).contiguous();
    }

    /// Forward mode's derivative of each output along a direction, contiguous and float64.
    TensorList tangents(std::size_t v, const Direction& direction) const {
        const NoGradGuard no_grad;
        const Tensor x = subject_.variables[v].detach();
        Tensor u = zeros(x.sizes(), kFloat64);
        for (const auto& [at, component] : direction) u.data_ptr<double>()[at] = component;
        TensorList out(outputs_.size());
        for (std::size_t o = 0; o < out.size(); ++o) {
            if (!is_checked(outputs_[o])) continue;
            const auto output = [&](const TensorList& dual) {
                TensorList arguments = subject_.arguments;
                arguments[argument_of(v)] = dual[0];
                return subject_.function(arguments)[o];
            };
            const Tensor tangent = std::get<1>(func::jvp(output, {x}, {u.to(x.dtype())}));
            out[o] = (tangent.to(kFloat64) * options_.analytic_scale).contiguous();
        }
        return out;
    }

    /// Which argument a variable is; their number if it is none.
    std::size_t argument_of(std::size_t v) const {
        const auto& all = subject_.arguments;
        const auto same = [&](const Tensor& x) { return x.is_same(subject_.variables[v]); };
        return static_cast<std::size_t>(std::ranges::find_if(all, same) - all.begin());
    }

    // --- The result

    std::string output_name(std::size_t o) const {
        return o < subject_.output_names.size() ? subject_.output_names[o] : "output " + std::to_string(o);
    }

    double allowed(const Entry& entry) const {
        return differences_.atol() + differences_.rtol() * std::abs(entry.numerical);
    }

    GradcheckElement element_of(const Entry& entry) const {
        GradcheckElement element{output_name(entry.output), subject_.names[entry.variable], {}, {}};
        element.direction = entry.column < 0;
        if (!element.direction) {
            element.output_index = index_of(outputs_[entry.output].sizes(), entry.row);
            element.input_index = index_of(subject_.variables[entry.variable].sizes(), entry.column);
        }
        element.forward = entry.forward;
        element.analytic = entry.analytic;
        element.numerical = entry.numerical;
        element.allowed = allowed(entry);
        return element;
    }

    bool fails(const Entry& entry) const { return ratio(entry) > 1; }

    double ratio(const Entry& entry) const { return error_ratio(entry.analytic, entry.numerical, allowed(entry)); }

    void record(const Entry& entry) {
        ++result_.checked;
        const double r = ratio(entry);
        result_.failed += r > 1;
        auto& worst = result_.worst;
        if (worst.size() >= options_.worst && (worst.empty() || r <= worst.back().ratio())) return;
        worst.insert(std::ranges::upper_bound(worst, r, std::greater(), &GradcheckElement::ratio), element_of(entry));
        if (worst.size() > options_.worst) worst.pop_back();
    }

    const GradcheckSubject& subject_;
    const GradcheckOptions& options_;
    Generator random_;
    TensorList outputs_;  // recorded, for gradients
    Differences differences_;
    bool stale_ = false;
    GradcheckResult result_;
};

void require_checkable(const Tensor& x, const std::string& name) {
    if (!x.defined()) raise("gradcheck", name, " is an undefined Tensor");
    if (!x.is_floating_point())
        raise<DtypeError>("gradcheck", name, " has dtype ", x.dtype(), ": only float32 and float64 have derivatives");
    if (has_overlap(x.sizes(), x.strides()))
        raise<ValueError>("gradcheck", name, " of shape ", shape_string(x.sizes()), " and strides ",
                          shape_string(x.strides()),
                          " shows elements of its memory several times, so that they can't be changed one by one: "
                          "clone() it");
}

}  // namespace

GradcheckResult run_gradcheck(const GradcheckSubject& subject, const GradcheckOptions& options) {
    for (std::size_t v = 0; v < subject.variables.size(); ++v)
        require_checkable(subject.variables[v], subject.names[v]);
    const AutoGradMode recording(true);
    return Checker(subject, options).run();
}

}  // namespace xgrad::detail
