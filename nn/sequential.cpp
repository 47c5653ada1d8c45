#include <xgrad/nn/sequential.h>

#include <ostream>

namespace xgrad::nn {

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
    auto copy = std::make_shared<SequentialImpl>();
    copy->train(is_training());  // before there are children: each has a mode of its own
    const auto children = named_children();
    for (std::size_t i = 0; i < size(); ++i) copy->add(children[i].key(), modules_[i].clone(device));
    return copy;
}

void SequentialImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Sequential"; }

void SequentialImpl::add(const std::string& name, AnyModule module) {
    register_module(name, module.ptr());
    modules_.push_back(std::move(module));
}

const AnyModule& SequentialImpl::checked(std::size_t index) const {
    if (index >= size())
        raise<IndexError>("Sequential", "index ", index, " is out of range: there are ", size(), " modules");
    return modules_[index];
}

AnyValue SequentialImpl::run(std::span<AnyValue> inputs) {
    if (is_empty()) raise("Sequential", "cannot call forward() on an empty Sequential");
    const ForwardScope scope(*this);
    AnyValue value = modules_.front().call(inputs);
    for (std::size_t i = 1; i < modules_.size(); ++i) value = modules_[i].call({&value, 1});
    return value;
}

}  // namespace xgrad::nn
