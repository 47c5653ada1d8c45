#include <xgrad/nn/gradcheck.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck_subject.h>

#include <tuple>

namespace xgrad::autograd {

namespace {

TensorList outputs_of(nn::AnyModule& module, const TensorList& inputs) {
    std::vector<nn::AnyValue> arguments(inputs.begin(), inputs.end());
    nn::AnyValue result = module.call(arguments);
    if (const auto* list = result.try_get<TensorList>()) return *list;
    if (const auto* pair = result.try_get<std::tuple<Tensor, Tensor>>())
        return {std::get<0>(*pair), std::get<1>(*pair)};
    return {result.get<Tensor>()};
}

/// Gives buffers, such as running means, the values back that they had.
class KeepBuffers {
  public:
    explicit KeepBuffers(TensorList buffers) : buffers_(std::move(buffers)) {
        for (const Tensor& b : buffers_) values_.push_back(b.detach().clone());
    }
    ~KeepBuffers() {
        const NoGradGuard no_grad;
        for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(values_[i]);
    }
    KeepBuffers(const KeepBuffers&) = delete;
    KeepBuffers& operator=(const KeepBuffers&) = delete;

  private:
    TensorList buffers_, values_;
};

}  // namespace

GradcheckResult check_module(nn::AnyModule module, const TensorList& inputs, const GradcheckOptions& options) {
    const std::shared_ptr<nn::Module> root = module.ptr();
    const KeepBuffers keep(root->buffers());
    detail::GradcheckSubject subject =
        detail::gradcheck_subject([&](const TensorList& in) { return outputs_of(module, in); }, inputs, options.names);
    subject.constants = root->buffers();
    for (const auto& parameter : root->named_parameters()) {
        if (parameter->requires_grad()) {
            subject.variables.push_back(*parameter);
            subject.names.push_back("parameter " + parameter.key());
        } else {
            subject.constants.push_back(*parameter);
        }
    }
    if (subject.variables.empty())
        raise<GraphError>("check_module", "neither a parameter of ", root->name(), " nor an input requires grad");
    return detail::check_orders(subject, options);
}

}  // namespace xgrad::autograd
