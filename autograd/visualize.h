#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/anomaly_mode.h>
#include <xgrad/autograd/tensor.h>

/// Tensors, and the graphs they come from, as text.
namespace xgrad {

/// The tensor as Python's PyTorch prints it, character for character, so that what a program and its original in Python
/// print can be compared; operator<< prints as libtorch's C++ does.
///
///     tensor([[0.1000, 2.0000],
///             [3.0000, 4.0000]], dtype=torch.float64, grad_fn=<MulBackward0>)
///
/// The options are PyTorch's defaults: four digits, lines of 80 characters, three elements at each end of a dimension
/// beyond 1000 elements. Inside vmap the text shows the whole batch, `BatchedTensor(bdim=0, value=...)`, and inside jvp
/// the tangent too, `tensor([2.], tangent=tensor([1.]))`. An undefined tensor gives `tensor(undefined)`.
std::string repr(const Tensor& tensor);

/// The graph that backward would go through from `tensor`, in the language of Graphviz: `dot -Tsvg` draws it. Boxes are
/// operations with the shapes and dtypes of those results that are used, the leaves that get gradients, and, framed,
/// the modules in whose forward the operations were recorded, known where autograd::RecordModulePathsGuard or anomaly
/// mode was on. Arrows show the way of the values. What needs no gradient is not in the graph.
///
/// `names` are written to the leaves and results they belong to; those of other tensors are ignored:
///
///     to_dot(loss, net->named_parameters().pairs())
///
/// Equal graphs give equal texts. Throws Error for an undefined tensor, GraphError for one that requires no gradient.
std::string to_dot(const Tensor& tensor, const std::vector<std::pair<std::string, Tensor>>& names = {});
/// The graph of several tensors, whose common part is drawn once. Throws ValueError when there are none.
std::string to_dot(const TensorList& tensors, const std::vector<std::pair<std::string, Tensor>>& names = {});

}  // namespace xgrad

namespace xgrad::autograd {

/// Has nodes remember, for a scope, the module in whose forward they are recorded: anomaly mode without the search for
/// NaN (which stays on where it is on).
class RecordModulePathsGuard : DetectAnomalyGuard {
  public:
    RecordModulePathsGuard() : DetectAnomalyGuard(AnomalyMode::is_enabled() && AnomalyMode::should_check_nan()) {}
};

}  // namespace xgrad::autograd

namespace xgrad::detail {

/// "float32", "int64" ...
const char* python_name(ScalarType dtype);

}  // namespace xgrad::detail
