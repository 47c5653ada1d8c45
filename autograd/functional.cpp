#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/transform.h>

#include <atomic>

namespace xgrad::func {

using detail::TransformLevel;

namespace {

/// A level that no other transform has, whatever the thread: a tensor that outlives its transform is none of another's.
std::int64_t next_level() {
    static std::atomic<std::int64_t> last = 0;
    return ++last;
}

/// The result of `function`, a user's.
Tensor call(const char* transform, const Function& function, const TensorList& inputs) {
    Tensor out = function(inputs);
    if (!out.defined()) raise<ValueError>(transform, "the function returned an undefined Tensor");
    return out;
}

/// What `tensor` wraps at this level, or null.
const TransformLevel* at_level(const Tensor& tensor, std::int64_t level) {
    const auto* t = tensor.impl()->transform.get();
    return t && t->level == level ? t : nullptr;
}

}  // namespace

std::tuple<Tensor, Tensor> jvp(const Function& function, const TensorList& inputs, const TensorList& tangents) {
    if (inputs.size() != tangents.size())
        raise<ValueError>("jvp", "got ", inputs.size(), " inputs and ", tangents.size(), " tangents");
    const std::int64_t level = next_level();
    TensorList duals;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (tangents[i].defined() && tangents[i].sizes() != inputs[i].sizes())
            raise<ShapeError>("jvp", "tangent ", i, " has the shape ", detail::shape_string(tangents[i].sizes()),
                              ", its input ", detail::shape_string(inputs[i].sizes()));
        duals.push_back(detail::wrap({TransformLevel::Kind::kForwardMode, level, inputs[i], tangents[i]}));
    }
    const Tensor out = call("jvp", function, duals);
    const TransformLevel* dual = at_level(out, level);
    if (!dual) return {out, zeros_like(out)};
    return {dual->value, dual->tangent.defined() ? dual->tangent : zeros_like(dual->value)};
}

Function vmap(Function function, std::vector<std::int64_t> in_dims, std::int64_t out_dim) {
    return [function = std::move(function), in_dims = std::move(in_dims), out_dim](const TensorList& inputs) {
        const std::int64_t level = next_level();
        TensorList batched;
        std::int64_t size = -1;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const std::int64_t dim = i < in_dims.size() ? in_dims[i] : 0;
            if (dim < 0) {
                batched.push_back(inputs[i]);
                continue;
            }
            const std::int64_t own = inputs[i].size(dim);
            if (size >= 0 && own != size)
                raise<ShapeError>("vmap", "the batch dimensions have the sizes ", size, " and ", own);
            size = own;
            batched.push_back(detail::wrap({TransformLevel::Kind::kVmap, level, inputs[i], {}, dim}));
        }
        if (size < 0) raise<ValueError>("vmap", "needs at least one input with a batch dimension");
        const Tensor out = call("vmap", function, batched);
        if (const TransformLevel* wrapped = at_level(out, level))
            return wrapped->value.movedim(wrapped->batch_dim, out_dim);
        // The result does not depend on the batch: every example has the same.
        detail::Dims sizes = out.sizes();
        const Tensor widened = out.unsqueeze(out_dim);
        sizes.insert(static_cast<std::size_t>(out_dim < 0 ? out_dim + widened.dim() : out_dim), size);
        return widened.expand(sizes);
    };
}

}  // namespace xgrad::func
