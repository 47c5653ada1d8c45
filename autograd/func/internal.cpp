#include <xgrad/autograd/func/internal.h>

#include <atomic>

#include <xgrad/autograd/error.h>

namespace xgrad::detail {

void raise_argument_count(std::size_t fewest, std::size_t given) {
    raise<ValueError>("func", "the function takes ", fewest, " tensors, but was called with ", given);
}

std::int64_t next_level() {
    static std::atomic<std::int64_t> last = 0;
    return ++last;
}

const TransformLevel* at_level(const Tensor& tensor, std::int64_t level) {
    const TransformLevel* t = tensor.impl()->transform.get();
    return t && t->level == level ? t : nullptr;
}

TensorList call_user(const char* transform, const func::ErasedFunction& function, const TensorList& inputs) {
    TensorList results = function(inputs);
    for (const Tensor& result : results)
        if (!result.defined()) raise<ValueError>(transform, "the function returned an undefined Tensor");
    return results;
}

std::size_t wrap_argnum(const char* transform, std::int64_t argnum, std::size_t count) {
    const auto n = static_cast<std::int64_t>(count);
    if (argnum < -n || argnum >= n)
        raise<IndexError>(transform, "Got argnum=", argnum, ", but only ", count, " positional inputs");
    return static_cast<std::size_t>(argnum < 0 ? argnum + n : argnum);
}

void check_differentiable(const char* transform, const char* what, std::size_t which, const Tensor& tensor) {
    if (!tensor.is_floating_point())
        raise<DtypeError>(transform, "only Tensors of floating point dtype can require gradients, ", what, ' ', which,
                          " is ", tensor.dtype());
}

std::vector<std::size_t> differentiable_inputs(const TensorList& inputs) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].is_floating_point()) found.push_back(i);
    return found;
}

}  // namespace xgrad::detail
