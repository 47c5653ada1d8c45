#include <xgrad/nn/module_containers.h>

#include <ostream>

namespace xgrad::nn {

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
    auto copy = std::make_shared<ModuleListImpl>();
    copy->train(is_training());  // before there are children: each has a mode of its own
    for (const auto& module : modules_) copy->push_back(module->clone(device));
    return copy;
}

void ModuleListImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::ModuleList"; }

void ModuleListImpl::push_back(std::shared_ptr<Module> module) {
    register_module(std::to_string(size()), module);
    modules_.push_back(std::move(module));
}

void ModuleListImpl::insert(std::size_t index, std::shared_ptr<Module> module) {
    if (index > size())
        raise<IndexError>("ModuleList", "index ", index, " is out of range: there are ", size(), " modules");
    register_module(std::to_string(size()), module);  // throws, changing nothing, for one that may not be registered
    modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
    for (std::size_t i = index; i < size(); ++i) unregister_module(std::to_string(i));
    for (std::size_t i = index; i < size(); ++i) register_module(std::to_string(i), modules_[i]);
}

std::shared_ptr<Module> ModuleListImpl::ptr(std::size_t index) const {
    if (index >= size())
        raise<IndexError>("ModuleList", "index ", index, " is out of range: there are ", size(), " modules");
    return modules_[index];
}

void ModuleListImpl::raise_type(std::size_t index) const {
    raise("ModuleList", "module ", index, " is of another type: it is ", modules_[index]->name());
}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
    auto copy = std::make_shared<ModuleDictImpl>();
    copy->train(is_training());
    for (const auto& item : modules_) copy->insert(item.key(), item.value()->clone(device));
    return copy;
}

void ModuleDictImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::ModuleDict"; }

std::shared_ptr<Module> ModuleDictImpl::pop(const std::string& key) {
    std::shared_ptr<Module> module = modules_[key];
    unregister_module(key);
    modules_.erase(key);
    return module;
}

void ModuleDictImpl::clear() {
    for (const std::string& key : keys()) pop(key);
}

void ModuleDictImpl::update(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
    for (const auto& [key, module] : modules) insert(key, module);
}

void ModuleDictImpl::insert(const std::string& key, std::shared_ptr<Module> module) {
    if (contains(key)) {
        replace_module(key, module);
        modules_[key] = std::move(module);
    } else {
        register_module(key, module);
        modules_.insert(key, std::move(module));
    }
}

void ModuleDictImpl::raise_type(const std::string& key) const {
    raise("ModuleDict", "module '", key, "' is of another type: it is ", modules_[key]->name());
}

}  // namespace xgrad::nn
