#include <xgrad/nn/utils/convert_parameters.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::utils {

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
    TensorList parts;
    parts.reserve(parameters.size());
    for (const Tensor& p : parameters) parts.push_back(p.reshape({-1}));
    return cat(parts);
}

void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters) {
    constexpr const char* name = "vector_to_parameters";
    std::int64_t count = 0;
    for (const Tensor& p : parameters) count += p.numel();
    if (vec.dim() != 1 || vec.numel() < count)
        raise<ShapeError>(name, "the parameters have ", count, " elements; the vector has the shape ",
                          xgrad::detail::shape_string(vec.sizes()));
    const Tensor values = vec.detach().contiguous();
    std::int64_t at = 0;
    for (const Tensor& p : parameters) {
        p.set_data(values.narrow(0, at, p.numel()).view(p.sizes()));
        at += p.numel();
    }
}

}  // namespace xgrad::nn::utils
