#pragma once

#include <vector>

#include <xgrad/autograd/tensor.h>

/// Parameters as one vector.
namespace xgrad::nn::utils {

/// The elements of all parameters, one after the other.
Tensor parameters_to_vector(const std::vector<Tensor>& parameters);

/// Makes the parameters views of successive parts of the vector. Throws ShapeError, changing nothing, when it has too
/// few elements.
void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters);

}  // namespace xgrad::nn::utils
