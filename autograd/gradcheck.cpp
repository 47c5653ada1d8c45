#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck_subject.h>

#include <algorithm>
#include <utility>

namespace xgrad::detail {

using autograd::GradcheckElement;
using autograd::GradcheckOptions;
using autograd::GradcheckResult;

namespace {

/// The outputs that have gradients.
TensorList recorded(const TensorList& outputs) {
    TensorList out;
    for (const Tensor& y : outputs)
        if (is_checked(y) && y.requires_grad()) out.push_back(y);
    return out;
}

/// A tensor of the check's own, so that shifting it or changing its precision is nobody else's concern. Its layout is
/// that of `x`, except that elements shown several times become several: each has a derivative of its own.
Tensor own_copy(const Tensor& x) {
    const bool repeats = has_overlap(x.sizes(), x.strides());
    Tensor own = repeats ? empty(x.sizes(), x.dtype()) : empty_strided(x.sizes(), x.strides(), x.dtype());
    own.copy_(x.detach());
    own.requires_grad_();
    return own;
}

GradcheckResult merged(GradcheckResult first, GradcheckResult second, std::size_t worst) {
    first.checked += second.checked;
    first.failed += second.failed;
    first.skipped += second.skipped;
    std::ranges::move(second.worst, std::back_inserter(first.worst));
    std::ranges::stable_sort(first.worst, std::greater(), &GradcheckElement::ratio);
    if (first.worst.size() > worst) first.worst.resize(worst);
    return first;
}

GradcheckResult finished(GradcheckResult result, const GradcheckOptions& options) {
    if (!result && options.raise_exception) throw autograd::GradcheckError(std::move(result));
    return result;
}

}  // namespace

GradcheckSubject gradcheck_subject(autograd::TensorFunction function, const TensorList& inputs,
                                   const std::vector<std::string>& names) {
    GradcheckSubject subject{std::move(function), {}, {}, {}, {}, {}};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor& x = inputs[i];
        if (!x.defined() || !x.requires_grad()) {
            subject.arguments.push_back(x.defined() && x.is_floating_point() ? x.detach() : x);
            continue;
        }
        subject.arguments.push_back(own_copy(x));
        subject.variables.push_back(subject.arguments.back());
        const bool named = i < names.size() && !names[i].empty();
        subject.names.push_back(named ? names[i] : "input " + std::to_string(i));
    }
    return subject;
}

GradcheckSubject gradient_of(const GradcheckSubject& subject, std::uint64_t seed) {
    const AutoGradMode recording(true);
    const Generator random(seed);
    GradcheckSubject out = subject;
    out.output_names.clear();
    for (const std::string& name : subject.names) out.output_names.push_back("gradient of " + name);
    const TensorList outputs = subject.function(subject.arguments);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        const Tensor& y = outputs[o];
        if (!is_checked(y) || !y.requires_grad()) continue;
        out.arguments.push_back(randn(y.sizes(), random, y.dtype()).requires_grad_());
        out.variables.push_back(out.arguments.back());
        out.names.push_back("gradient of output " + std::to_string(o));
    }
    if (out.variables.size() == subject.variables.size()) return subject;  // nothing depends on the variables
    out.function = [subject](const TensorList& all) {
        const AutoGradMode inner(true);  // the difference evaluates without recording, but a gradient needs a graph
        const auto weights = all.begin() + static_cast<std::ptrdiff_t>(subject.arguments.size());
        TensorList gradients = autograd::grad(recorded(subject.function(TensorList(all.begin(), weights))),
                                              subject.variables, TensorList(weights, all.end()), true, true, true);
        for (std::size_t i = 0; i < gradients.size(); ++i)
            if (!gradients[i].defined()) gradients[i] = zeros_like(subject.variables[i]);
        return gradients;
    };
    return out;
}

GradcheckResult check_orders(const GradcheckSubject& subject, const GradcheckOptions& options) {
    GradcheckResult result = run_gradcheck(subject, options);
    if (!result || !options.second_order) return finished(std::move(result), options);
    GradcheckOptions second = options;
    second.rtol *= 10;
    second.atol *= 10;
    second.check_forward_ad = false;
    second.check_backward_ad = true;
    result = merged(std::move(result), run_gradcheck(gradient_of(subject, options.seed + 1), second), options.worst);
    return finished(std::move(result), options);
}

}  // namespace xgrad::detail

namespace xgrad::autograd {

namespace {

TensorFunction as_list_function(const std::function<Tensor(const TensorList&)>& function) {
    return [&function](const TensorList& x) { return TensorList{function(x)}; };
}

detail::GradcheckSubject subject_of(const TensorFunction& function, const TensorList& inputs,
                                    const GradcheckOptions& options) {
    detail::GradcheckSubject subject = detail::gradcheck_subject(function, inputs, options.names);
    if (subject.variables.empty())
        raise<GraphError>("gradcheck",
                          "expects at least one input tensor to require gradient, but none of them has "
                          "requires_grad=true");
    return subject;
}

}  // namespace

GradcheckResult gradcheck(const TensorFunction& function, const TensorList& inputs, const GradcheckOptions& options) {
    return detail::check_orders(subject_of(function, inputs, options), options);
}

GradcheckResult gradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                          const GradcheckOptions& options) {
    return gradcheck(as_list_function(function), inputs, options);
}

GradcheckResult gradgradcheck(const TensorFunction& function, const TensorList& inputs,
                              const GradcheckOptions& options) {
    GradcheckOptions of_gradient = options;
    of_gradient.second_order = of_gradient.check_forward_ad = false;
    of_gradient.check_backward_ad = true;
    return detail::check_orders(detail::gradient_of(subject_of(function, inputs, options), options.seed + 1),
                                of_gradient);
}

GradcheckResult gradgradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                              const GradcheckOptions& options) {
    return gradgradcheck(as_list_function(function), inputs, options);
}

GradcheckResult gradcheck_variables(const std::function<TensorList()>& evaluate, const TensorList& variables,
                                    const std::vector<std::string>& names, const GradcheckOptions& options) {
    if (names.size() != variables.size())
        raise<ValueError>("gradcheck", "expects a name for each variable, got ", names.size(), " for ",
                          variables.size());
    return detail::check_orders({[&](const TensorList&) { return evaluate(); }, {}, variables, names, {}, {}}, options);
}

}  // namespace xgrad::autograd
