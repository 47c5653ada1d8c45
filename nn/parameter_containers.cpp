#include <xgrad/nn/parameter_containers.h>

#include <ostream>

namespace xgrad::nn {

namespace {

void print(std::ostream& stream, const char* name, const OrderedDict<std::string, Tensor>& parameters) {
    stream << "xgrad::nn::" << name << "(\n";
    for (const auto& item : parameters) {
        stream << '(' << item.key() << "): Parameter containing: [";
        if (item.value().defined())
            stream << item.value().dtype() << " of size " << item.value().sizes();
        else
            stream << "undefined";
        stream << "]\n";
    }
    stream << ')';
}

/// A copy in memory of its own.
Tensor copied(const Tensor& param) {
    return param.defined() ? param.detach().clone().requires_grad_(param.requires_grad()) : param;
}

bool wants_gradient(const Tensor& param) { return param.defined() && param.requires_grad(); }

}  // namespace

std::shared_ptr<Module> ParameterListImpl::clone(const std::optional<Device>& /*device*/) const {
    auto copy = std::make_shared<ParameterListImpl>();
    copy->train(is_training());
    for (const auto& item : parameters_) copy->append(copied(item.value()));
    return copy;
}

void ParameterListImpl::pretty_print(std::ostream& stream) const { print(stream, "ParameterList", parameters_); }

void ParameterListImpl::append(const Tensor& param) {
    register_parameter(std::to_string(size()), param, wants_gradient(param));
}

std::shared_ptr<Module> ParameterDictImpl::clone(const std::optional<Device>& /*device*/) const {
    auto copy = std::make_shared<ParameterDictImpl>();
    copy->train(is_training());
    for (const auto& item : parameters_) copy->insert(item.key(), copied(item.value()));
    return copy;
}

void ParameterDictImpl::pretty_print(std::ostream& stream) const { print(stream, "ParameterDict", parameters_); }

Tensor& ParameterDictImpl::insert(std::string key, const Tensor& param) {
    return register_parameter(std::move(key), param, wants_gradient(param));
}

Tensor ParameterDictImpl::pop(const std::string& key) {
    Tensor param = parameters_[key];
    parameters_.erase(key);
    return param;
}

void ParameterDictImpl::update(const Parameters& params) {
    for (const auto& item : params) {
        if (contains(item.key()))
            parameters_[item.key()] = item.value();
        else
            insert(item.key(), item.value());
    }
}

}  // namespace xgrad::nn
