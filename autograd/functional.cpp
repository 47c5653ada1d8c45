#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/transform.h>

namespace xgrad::func {

using detail::TransformLevel;

namespace {

/// A level of its own for a scope; inner transforms have higher ones.
class LevelScope {
  public:
    LevelScope() : level(++depth_) {}
    ~LevelScope() { --depth_; }
    LevelScope(const LevelScope&) = delete;
    LevelScope& operator=(const LevelScope&) = delete;

    const int level;

  private:
    static thread_local int depth_;
};
thread_local int LevelScope::depth_ = 0;

/// What `tensor` wraps at this level, or null.
const TransformLevel* at_level(const Tensor& tensor, int level) {
    const auto* t = tensor.impl()->transform.get();
    return t && t->level == level ? t : nullptr;
}

}  // namespace

std::tuple<Tensor, Tensor> jvp(const Function& function, const TensorList& inputs, const TensorList& tangents) {
    if (inputs.size() != tangents.size())
        raise<ValueError>("jvp", "got ", inputs.size(), " inputs and ", tangents.size(), " tangents");
    const LevelScope scope;
    TensorList duals;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (tangents[i].defined() && tangents[i].sizes() != inputs[i].sizes())
            raise<ShapeError>("jvp", "tangent ", i, " has the shape ", detail::shape_string(tangents[i].sizes()),
                              ", its input ", detail::shape_string(inputs[i].sizes()));
        duals.push_back(detail::wrap({TransformLevel::Kind::kForwardMode, scope.level, inputs[i], tangents[i]}));
    }
    const Tensor out = function(duals);
    const TransformLevel* dual = at_level(out, scope.level);
    if (!dual) return {out, zeros_like(out)};
    return {dual->value, dual->tangent.defined() ? dual->tangent : zeros_like(dual->value)};
}

Function vmap(Function function, std::vector<std::int64_t> in_dims, std::int64_t out_dim) {
    return [function = std::move(function), in_dims = std::move(in_dims), out_dim](const TensorList& inputs) {
        const LevelScope scope;
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
            batched.push_back(detail::wrap({TransformLevel::Kind::kVmap, scope.level, inputs[i], {}, dim}));
        }
        if (size < 0) raise<ValueError>("vmap", "needs at least one input with a batch dimension");
        const Tensor out = function(batched);
        const TransformLevel* level = at_level(out, scope.level);
        if (level) return level->value.movedim(level->batch_dim, out_dim);
        // The result does not depend on the batch: every example has the same.
        detail::Dims sizes = out.sizes();
        const Tensor widened = out.unsqueeze(out_dim);
        sizes.insert(static_cast<std::size_t>(out_dim < 0 ? out_dim + widened.dim() : out_dim), size);
        return widened.expand(sizes);
    };
}

}  // namespace xgrad::func
