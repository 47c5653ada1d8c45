#include <xgrad/nn/gradcheck.h>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

namespace xgrad::autograd {

namespace {

struct Variables {
    TensorList tensors;
    std::vector<std::string> names;

    void add(const Tensor& tensor, std::string name) {
        if (!tensor.defined() || !tensor.requires_grad()) return;
        tensors.push_back(tensor);
        names.push_back(std::move(name));
    }
};

Variables variables_of(const nn::AnyModule& module, const TensorList& inputs) {
    Variables out;
    for (const auto& parameter : module.ptr()->named_parameters()) out.add(*parameter, "parameter " + parameter.key());
    for (std::size_t i = 0; i < inputs.size(); ++i) out.add(inputs[i], "input " + std::to_string(i));
    if (out.tensors.empty())
        raise<GraphError>("gradcheck", "neither a parameter of ", module.ptr()->name(), " nor an input requires grad");
    return out;
}

Tensor forward(nn::AnyModule& module, const TensorList& inputs) {
    std::vector<nn::AnyValue> arguments(inputs.begin(), inputs.end());
    return module.call(arguments).get<Tensor>();
}

}  // namespace

bool gradcheck(nn::AnyModule module, const TensorList& inputs, const GradcheckOptions& options) {
    const Variables variables = variables_of(module, inputs);
    return gradcheck_variables([&] { return TensorList{forward(module, inputs)}; }, variables.tensors, variables.names,
                               options);
}

bool gradgradcheck(nn::AnyModule module, const TensorList& inputs, const GradcheckOptions& options) {
    if (!gradcheck(module, inputs, options)) return false;
    const Variables first = variables_of(module, inputs);
    Variables second = first;
    const Tensor output = forward(module, inputs);
    const Tensor weight = randn(output.sizes(), Generator(options.seed + 1), output.dtype()).requires_grad_();
    second.add(weight, "gradient of the output");
    const auto gradients = [&] {
        const AutoGradMode recording(true);
        TensorList out = grad({forward(module, inputs)}, first.tensors, {weight}, true, true, true);
        for (std::size_t i = 0; i < out.size(); ++i)
            if (!out[i].defined()) out[i] = zeros_like(first.tensors[i]);
        return out;
    };
    return gradcheck_variables(gradients, second.tensors, second.names, options);
}

}  // namespace xgrad::autograd
