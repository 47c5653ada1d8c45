#include <xgrad/nn/optim/optimizer.h>

#include <unordered_set>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>

namespace xgrad::optim {

OptimizerOptions& OptimizerParamGroup::options() {
    if (!options_) raise("OptimizerParamGroup", "the group has no options: it is in no optimizer and was given none");
    return *options_;
}
const OptimizerOptions& OptimizerParamGroup::options() const {
    return const_cast<OptimizerParamGroup*>(this)->options();
}

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& param_groups, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
    for (const OptimizerParamGroup& group : param_groups) add_param_group(group);
}

Optimizer::Optimizer(const std::vector<Tensor>& parameters, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
    add_parameters(parameters);
}

void Optimizer::add_param_group(const OptimizerParamGroup& param_group) {
    std::unordered_set<const void*> known;
    for (const OptimizerParamGroup& group : param_groups_)
        for (const Tensor& p : group.params()) known.insert(p.unsafeGetTensorImpl());
    const std::size_t others = known.size();
    for (std::size_t i = 0; i < param_group.params().size(); ++i) {
        const Tensor& p = param_group.params()[i];
        if (!p.defined()) raise<ValueError>("Optimizer", "parameter ", i, " of the group is undefined");
        if (!p.is_leaf())
            raise<ValueError>("Optimizer", "can't optimize a non-leaf Tensor: parameter ", i,
                              " of the group, of shape ", detail::shape_string(p.sizes()),
                              ", is the result of an operation");
        if (known.insert(p.unsafeGetTensorImpl()).second) continue;
        raise<ValueError>("Optimizer",
                          "some parameters appear in more than one parameter group, or twice in one: parameter ", i,
                          " of a group of ", param_group.params().size(), ", of shape ",
                          detail::shape_string(p.sizes()), "; ", others, " parameters were there before");
    }
    param_groups_.push_back(param_group);
    if (!param_group.has_options()) param_groups_.back().set_options(defaults_->clone());
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
    add_param_group(OptimizerParamGroup(parameters));
}

void Optimizer::zero_grad(bool set_to_none) {
    for (OptimizerParamGroup& group : param_groups_)
        for (Tensor& p : group.params()) {
            if (!p.grad().defined()) continue;
            Tensor& grad = p.mutable_grad();
            if (set_to_none) {
                grad.reset();
            } else {
                grad.detach_();
                grad.zero_();
            }
        }
}

std::vector<Tensor>& Optimizer::parameters() {
    if (param_groups_.empty()) raise("Optimizer", "parameters() of an optimizer without parameter groups");
    return param_groups_.front().params();
}
const std::vector<Tensor>& Optimizer::parameters() const { return const_cast<Optimizer*>(this)->parameters(); }

std::size_t Optimizer::size() const {
    std::size_t count = 0;
    for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
    return count;
}

Tensor Optimizer::evaluate(const LossClosure& closure) {
    if (!closure) return {};
    const AutoGradMode recording(true);
    return closure();
}

}  // namespace xgrad::optim
