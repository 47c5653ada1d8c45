#include <xgrad/nn/functional_call.h>

#include <algorithm>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/transform.h>

namespace xgrad::nn {

namespace {

constexpr const char* kName = "functional_call";

/// A tensor with the contents, the history and the base of `tensor`, for another to exchange its contents with.
Tensor stand_in(const Tensor& tensor) {
    const detail::TensorImpl& impl = *tensor.impl();
    Tensor view = impl.transform ? detail::without_history(tensor)
                                 : detail::make_view(tensor, impl.offset, impl.sizes, impl.strides);
    if (const autograd::Edge edge = detail::gradient_edge(tensor); edge.is_valid())
        detail::set_history(view, edge.function, edge.input_nr);
    return view;
}

std::string comma_separated(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// Exchanges all but the addresses: handles of the one show what the other was.
void exchange_contents(detail::TensorImpl& a, detail::TensorImpl& b) {
    std::swap(a.storage, b.storage);
    std::swap(a.offset, b.offset);
    std::swap(a.sizes, b.sizes);
    std::swap(a.strides, b.strides);
    std::swap(a.numel, b.numel);
    std::swap(a.dtype, b.dtype);
    std::swap(a.contiguous, b.contiguous);
    std::swap(a.requires_grad, b.requires_grad);
    std::swap(a.inference, b.inference);
    std::swap(a.origin, b.origin);
    std::swap(a.output_nr, b.output_nr);
    a.grad_fn_version = b.grad_fn_version.exchange(a.grad_fn_version);
    std::swap(a.grad_fn, b.grad_fn);
    std::swap(a.base, b.base);
    std::swap(a.meta, b.meta);
    std::swap(a.transform, b.transform);
}

/// Parameters and buffers under all their names.
OrderedDict<std::string, Tensor> named_tensors(const Module& root) {
    OrderedDict<std::string, Tensor> all;
    root.apply([&](const std::string& prefix, const Module& module) {
        for (const auto& own : {module.named_parameters(/*recurse=*/false), module.named_buffers(/*recurse=*/false)})
            for (const auto& item : own) all.insert(prefix.empty() ? item.key() : prefix + '.' + item.key(), *item);
    });
    return all;
}

}  // namespace

FunctionalScope::FunctionalScope(Module& module, const OrderedDict<std::string, Tensor>& tensors) {
    const OrderedDict<std::string, Tensor> all = named_tensors(module);
    for (const auto& item : tensors) {
        const Tensor* own = all.find(item.key());
        if (!own)
            raise<IndexError>(kName, '\'', module.name(), "' has no parameter or buffer '", item.key(), "'; it has ",
                              comma_separated(all.keys()));
        if (!item->defined()) raise<ValueError>(kName, "the tensor given for '", item.key(), "' is undefined");
        const auto known = std::ranges::find_if(exchanged_, [&](const auto& pair) { return pair.first.is_same(*own); });
        if (known == exchanged_.end())
            exchanged_.emplace_back(*own, *item);
        else if (!known->second.is_same(*item))
            raise<ValueError>(kName, "'", item.key(),
                              "' is registered under another name too, for which a different tensor is given");
    }
    exchange();
}

FunctionalScope::FunctionalScope(Module& module, const TensorList& parameters) {
    const TensorList own = module.parameters();
    if (own.size() != parameters.size())
        raise<ValueError>(kName, "got ", parameters.size(), " tensors for the ", own.size(), " parameters of '",
                          module.name(), '\'');
    for (std::size_t i = 0; i < own.size(); ++i) {
        if (!parameters[i].defined()) raise<ValueError>(kName, "the tensor given for parameter ", i, " is undefined");
        exchanged_.emplace_back(own[i], parameters[i]);
    }
    exchange();
}

FunctionalScope::~FunctionalScope() {
    for (auto& [own, other] : exchanged_) exchange_contents(*own.impl(), *other.impl());
}

/// Puts the contents of the second tensors into the first.
void FunctionalScope::exchange() {
    std::erase_if(exchanged_, [](const auto& pair) { return pair.first.is_same(pair.second); });
    for (auto& [own, other] : exchanged_) other = stand_in(other);  // of all, since they may be each other's
    for (auto& [own, other] : exchanged_) exchange_contents(*own.impl(), *other.impl());
}

}  // namespace xgrad::nn
