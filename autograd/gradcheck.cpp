#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>

#include <cmath>
#include <optional>

namespace xgrad::autograd {

namespace {

/// "(1, 2)": the index tuple of the flat, row-major position `at`.
std::string element(IntArrayRef sizes, std::int64_t at) {
    detail::Dims index(sizes.size());
    for (std::size_t d = sizes.size(); d-- > 0; at /= sizes[d]) index[d] = at % sizes[d];
    return detail::shape_string(index);
}

bool is_checked(const Tensor& output) { return output.defined() && output.is_floating_point(); }

/// The outputs that have gradients.
TensorList recorded(const TensorList& outputs) {
    TensorList out;
    for (const Tensor& y : outputs)
        if (is_checked(y) && y.requires_grad()) out.push_back(y);
    return out;
}

/// The elements of a float64 tensor, wherever they lie, by flat row-major position.
class Elements {
  public:
    explicit Elements(const Tensor& x) : data_(x.data_ptr<double>()), sizes_(x.sizes()), strides_(x.strides()) {}

    double& operator[](std::int64_t at) const {
        std::int64_t offset = 0;
        for (std::size_t d = sizes_.size(); d-- > 0; at /= sizes_[d]) offset += at % sizes_[d] * strides_[d];
        return data_[offset];
    }

  private:
    double* data_;
    detail::Dims sizes_, strides_;
};

/// While it lives, `step * direction` is added to the elements of `x`.
class Shift {
  public:
    Shift(const Tensor& x, const std::vector<double>& direction, double step)
        : elements_(x), before_(direction.size()) {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            double& element = elements_[static_cast<std::int64_t>(i)];
            before_[i] = element;
            element += step * direction[i];
        }
    }
    ~Shift() {
        for (std::size_t i = 0; i < before_.size(); ++i) elements_[static_cast<std::int64_t>(i)] = before_[i];
    }
    Shift(const Shift&) = delete;
    Shift& operator=(const Shift&) = delete;

  private:
    Elements elements_;
    std::vector<double> before_;
};

class Checker {
  public:
    Checker(const std::function<TensorList()>& evaluate, const TensorList& variables,
            const std::vector<std::string>& names, const GradcheckOptions& options)
        : evaluate_(evaluate), variables_(variables), names_(names), options_(options), random_(options.seed) {}

    /// The message of the first disagreement; empty when there is none.
    std::string run() {
        outputs_ = evaluate_();
        for (std::size_t o = 0; o < outputs_.size() && message_.empty(); ++o) {
            if (!is_checked(outputs_[o])) continue;
            for (std::size_t v = 0; v < variables_.size() && message_.empty(); ++v) {
                const std::int64_t entries = outputs_[o].numel() * variables_[v].numel();
                if (entries == 0) continue;
                if (entries <= options_.full_jacobian_limit)
                    check_entries(o, v);
                else
                    check_directions(o, v);
            }
        }
        return message_;
    }

  private:
    /// Output `o` with `step * direction` added to variable `v`.
    Tensor shifted(std::size_t o, std::size_t v, const std::vector<double>& direction, double step) {
        const NoGradGuard no_grad;
        const Shift shift(variables_[v], direction, step);
        const TensorList outputs = evaluate_();
        if (outputs.size() != outputs_.size())
            raise<ValueError>("gradcheck", "the function returned ", outputs_.size(), " outputs at first and ",
                              outputs.size(), " with ", names_[v],
                              " changed a little: it must return as many each time");
        if (!outputs[o].defined() || outputs[o].sizes() != outputs_[o].sizes())
            raise<ShapeError>("gradcheck", "output ", o, " had the shape ", detail::shape_string(outputs_[o].sizes()),
                              " at first and ",
                              outputs[o].defined() ? detail::shape_string(outputs[o].sizes()) : "none", " with ",
                              names_[v], " changed a little: it must keep its shape");
        return outputs[o].to(kFloat64).clone();
    }

    Tensor difference(std::size_t o, std::size_t v, const std::vector<double>& direction) {
        const Tensor up = shifted(o, v, direction, options_.eps), down = shifted(o, v, direction, -options_.eps);
        const NoGradGuard no_grad;
        return (up - down) / (2 * options_.eps);
    }

    /// Gradient of sum(weights * output) as a contiguous tensor.
    Tensor analytic(std::size_t o, std::size_t v, const Tensor& weights) {
        Tensor g;
        if (outputs_[o].requires_grad()) g = grad({outputs_[o]}, {variables_[v]}, {weights}, true, false, true)[0];
        if (!g.defined()) g = zeros_like(variables_[v]);
        if (g.sizes() != variables_[v].sizes())
            raise<ShapeError>("gradcheck", "the gradient of ", names_[v], " has the shape ",
                              detail::shape_string(g.sizes()), " instead of ",
                              detail::shape_string(variables_[v].sizes()));
        return g.to(kFloat64).detach().contiguous();
    }

    bool agrees(double a, double n) const {
        if (std::isnan(a) || std::isnan(n)) return std::isnan(a) && std::isnan(n);
        return std::abs(a * options_.analytic_scale - n) <= options_.atol + options_.rtol * std::abs(n);
    }

    void disagree(std::size_t o, std::size_t v, const std::string& where, double a, double n) {
        message_ = detail::join("[gradcheck] the derivative of output ", o, " with respect to ", names_[v], " differs ",
                                where, ": analytic ", a * options_.analytic_scale, ", numerical ", n, " (allowed ",
                                options_.atol + options_.rtol * std::abs(n), ')');
    }

    void check_entries(std::size_t o, std::size_t v) {
        const std::int64_t rows = outputs_[o].numel(), cols = variables_[v].numel();
        std::vector<double> numerical(static_cast<std::size_t>(rows * cols));
        std::vector<double> direction(static_cast<std::size_t>(cols));
        for (std::int64_t c = 0; c < cols; ++c) {
            direction[static_cast<std::size_t>(c)] = 1;
            const Tensor column = difference(o, v, direction).contiguous();
            direction[static_cast<std::size_t>(c)] = 0;
            for (std::int64_t r = 0; r < rows; ++r)
                numerical[static_cast<std::size_t>(r * cols + c)] = column.data_ptr<double>()[r];
        }
        for (std::int64_t r = 0; r < rows; ++r) {
            Tensor one = zeros(outputs_[o].sizes(), outputs_[o].dtype());
            one.view({-1})[r].fill_(1);
            const Tensor row = analytic(o, v, one);
            for (std::int64_t c = 0; c < cols; ++c) {
                const double a = row.data_ptr<double>()[c], n = numerical[static_cast<std::size_t>(r * cols + c)];
                if (!agrees(a, n))
                    return disagree(o, v,
                                    detail::join("at output element ", element(outputs_[o].sizes(), r),
                                                 ", input element ", element(variables_[v].sizes(), c)),
                                    a, n);
            }
        }
    }

    void check_directions(std::size_t o, std::size_t v) {
        for (int k = 0; k < options_.directions; ++k) {
            const Tensor u = randn(variables_[v].sizes(), random_, kFloat64);
            Tensor w = randn(outputs_[o].sizes(), random_, kFloat64);
            // Normalised, so that tolerances mean the same whatever the number of elements.
            w = w / std::sqrt(static_cast<double>(w.numel()));
            const std::vector<double> direction(u.data_ptr<double>(), u.data_ptr<double>() + u.numel());
            const double n = (difference(o, v, direction) * w).sum().item<double>();
            const double a = (analytic(o, v, w.to(outputs_[o].dtype())) * u).sum().item<double>();
            if (!agrees(a, n)) return disagree(o, v, "along a random direction", a, n);
        }
    }

    const std::function<TensorList()>& evaluate_;
    const TensorList& variables_;
    const std::vector<std::string>& names_;
    const GradcheckOptions& options_;
    Generator random_;
    TensorList outputs_;
    std::string message_;
};

void require_double(const Tensor& x, const std::string& name) {
    if (!x.defined()) raise("gradcheck", name, " is an undefined Tensor");
    if (x.dtype() != kFloat64)
        raise<DtypeError>("gradcheck", name, " has dtype ", x.dtype(),
                          ": a central difference needs float64 to tell a wrong derivative from rounding");
}

TensorFunction as_list_function(const std::function<Tensor(const TensorList&)>& function) {
    return [&function](const TensorList& x) { return TensorList{function(x)}; };
}

}  // namespace

bool gradcheck_variables(const std::function<TensorList()>& evaluate, const TensorList& variables,
                         const std::vector<std::string>& names, const GradcheckOptions& options) {
    if (names.size() != variables.size())
        raise<ValueError>("gradcheck", "expects a name for each variable, got ", names.size(), " for ",
                          variables.size());
    for (std::size_t i = 0; i < variables.size(); ++i) {
        const Tensor& x = variables[i];
        require_double(x, names[i]);
        if (detail::has_overlap(x.sizes(), x.strides()))
            raise<ValueError>("gradcheck", names[i], " of shape ", detail::shape_string(x.sizes()), " and strides ",
                              detail::shape_string(x.strides()),
                              " shows elements of its memory several times, so that they can't be changed one by one: "
                              "clone() it");
    }
    const AutoGradMode recording(true);
    const std::string message = Checker(evaluate, variables, names, options).run();
    if (!message.empty() && options.raise_exception) throw GradcheckError(message);
    return message.empty();
}

bool gradcheck(const TensorFunction& function, const TensorList& inputs, const GradcheckOptions& options) {
    // The function sees the inputs in the layout they have, except that elements shown several times become several:
    // each has a derivative of its own.
    TensorList arguments, variables;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor& x = inputs[i];
        if (!x.defined() || !x.requires_grad()) {
            arguments.push_back(x);
            continue;
        }
        names.push_back(detail::join("input ", i));
        require_double(x, names.back());
        const bool repeats = detail::has_overlap(x.sizes(), x.strides());
        Tensor own = repeats ? empty(x.sizes(), x.dtype()) : empty_strided(x.sizes(), x.strides(), x.dtype());
        own.copy_(x.detach());
        own.requires_grad_();
        arguments.push_back(own);
        variables.push_back(own);
    }
    if (variables.empty())
        raise<GraphError>("gradcheck",
                          "expects at least one input tensor to require gradient, but none of them has "
                          "requires_grad=true");
    return gradcheck_variables([&] { return function(arguments); }, variables, names, options);
}

bool gradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
               const GradcheckOptions& options) {
    return gradcheck(as_list_function(function), inputs, options);
}

bool gradgradcheck(const TensorFunction& function, const TensorList& inputs, const GradcheckOptions& options) {
    const AutoGradMode recording(true);
    // Inputs: those of the function, then a gradient for each of its floating-point outputs.
    TensorList all = inputs;
    Generator random(options.seed + 1);
    std::size_t outputs = 0;
    for (const Tensor& y : recorded(function(inputs))) {
        all.push_back(randn(y.sizes(), random, y.dtype()).requires_grad_());
        ++outputs;
    }
    if (outputs == 0) return gradcheck(function, inputs, options);
    const TensorFunction gradient = [&](const TensorList& x) {
        const TensorList own(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
        const TensorList weights(x.begin() + static_cast<std::ptrdiff_t>(inputs.size()), x.end());
        const AutoGradMode inner(true);  // the difference evaluates without recording, but a gradient needs a graph
        const TensorList results = recorded(function(own));
        TensorList variables;
        for (const Tensor& v : own)
            if (v.defined() && v.requires_grad()) variables.push_back(v);
        TensorList out = grad(results, variables, weights, true, true, true);
        for (std::size_t i = 0; i < out.size(); ++i)
            if (!out[i].defined()) out[i] = zeros_like(variables[i]);
        return out;
    };
    return gradcheck(gradient, all, options);
}

bool gradgradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                   const GradcheckOptions& options) {
    return gradgradcheck(as_list_function(function), inputs, options);
}

}  // namespace xgrad::autograd
