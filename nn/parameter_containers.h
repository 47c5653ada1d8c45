#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/module.h>
#include <xgrad/nn/ordered_dict.h>

namespace xgrad::nn {

/// Parameters in a list, named by position. They ask for gradients as the tensors that are added do.
class ParameterListImpl : public Cloneable<ParameterListImpl> {
  public:
    using Parameters = OrderedDict<std::string, Tensor>;
    using Iterator = Parameters::Iterator;
    using ConstIterator = Parameters::ConstIterator;

    ParameterListImpl() = default;
    template <std::same_as<Tensor>... Tensors>
    explicit ParameterListImpl(const Tensor& first, const Tensors&... others) {
        append(first);
        (append(others), ...);
    }

    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;

    void append(const Tensor& param);
    void append(const Parameters::Item& item) { append(item.value()); }
    /// Adds the tensors of a container.
    template <class Container>
    void extend(const Container& container) {
        for (const auto& param : container) append(param);
    }
    template <class Container>
    ParameterListImpl& operator+=(const Container& container) {
        extend(container);
        return *this;
    }

    /// Items: a name and a tensor each.
    Iterator begin() { return parameters_.begin(); }
    Iterator end() { return parameters_.end(); }
    ConstIterator begin() const { return parameters_.begin(); }
    ConstIterator end() const { return parameters_.end(); }
    /// Throws IndexError past the end.
    Tensor& at(std::size_t index) { return parameters_[index].value(); }
    const Tensor& at(std::size_t index) const { return parameters_[index].value(); }
    Tensor& operator[](std::size_t index) { return at(index); }
    const Tensor& operator[](std::size_t index) const { return at(index); }
    std::size_t size() const { return parameters_.size(); }
    bool is_empty() const { return parameters_.is_empty(); }
};
XGRAD_MODULE(ParameterList);

/// Parameters by name, in the order of insertion.
class ParameterDictImpl : public Cloneable<ParameterDictImpl> {
  public:
    using Parameters = OrderedDict<std::string, Tensor>;
    using Iterator = Parameters::Iterator;
    using ConstIterator = Parameters::ConstIterator;

    ParameterDictImpl() = default;
    explicit ParameterDictImpl(const Parameters& params) { update(params); }

    std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;

    /// Adds a parameter of a new name, which asks for gradients if the tensor does.
    Tensor& insert(std::string key, const Tensor& param);
    /// Takes a parameter away and returns it. Throws IndexError when it is not there.
    Tensor pop(const std::string& key);
    void clear() { parameters_.clear(); }
    /// Adds the items of a dictionary; those of names that are there are replaced.
    void update(const Parameters& params);
    void update(const ParameterDictImpl& params) { update(params.parameters_); }

    std::vector<std::string> keys() const { return parameters_.keys(); }
    std::vector<Tensor> values() const { return parameters_.values(); }
    Iterator begin() { return parameters_.begin(); }
    Iterator end() { return parameters_.end(); }
    ConstIterator begin() const { return parameters_.begin(); }
    ConstIterator end() const { return parameters_.end(); }
    std::size_t size() const { return parameters_.size(); }
    bool empty() const { return parameters_.is_empty(); }
    bool contains(const std::string& key) const { return parameters_.contains(key); }
    /// Throws IndexError when it is not there.
    Tensor& get(const std::string& key) { return parameters_[key]; }
    const Tensor& get(const std::string& key) const { return parameters_[key]; }
    Tensor& operator[](const std::string& key) { return get(key); }
    const Tensor& operator[](const std::string& key) const { return get(key); }
};
XGRAD_MODULE(ParameterDict);

}  // namespace xgrad::nn
