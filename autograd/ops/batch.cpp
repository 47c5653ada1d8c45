#include <xgrad/autograd/ops/batch.h>

namespace xgrad::ops {

TensorList batches_first(std::span<const Tensor> inputs, std::span<const std::int64_t> dims) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (dims[i] >= 0) count = inputs[i].size(dims[i]);
    TensorList out;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        detail::Dims sizes = inputs[i].sizes();
        if (dims[i] < 0) sizes.insert(0, count);
        out.push_back(dims[i] < 0 ? inputs[i].expand(sizes) : inputs[i].movedim(dims[i], 0));
    }
    return out;
}

}  // namespace xgrad::ops
