#include <xgrad/autograd/error.h>
#include <xgrad/autograd/func/internal.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::detail {

namespace {

void check_count(const char* dims_name, const func::BatchDims& dims, const char* tensors_name, std::size_t tensors) {
    if (dims.count() && *dims.count() != tensors)
        raise<ValueError>("vmap", dims_name, " has ", *dims.count(), " entries, but there are ", tensors, ' ',
                          tensors_name, "; std::nullopt stands for no dimension");
}

/// The result of the batch of examples that `out`, the result of the function, stands for.
Tensor leave_level(const Tensor& out, std::int64_t level, std::optional<std::int64_t> out_dim,
                   std::int64_t batch_size) {
    const TransformLevel* wrapped = at_level(out, level);
    if (!out_dim) {
        if (wrapped)
            raise<ValueError>("vmap",
                              "out_dims says that a result does not depend on the batch (std::nullopt), but it does");
        return out;
    }
    const std::int64_t dim = wrap_dim(*out_dim, out.dim() + 1, "vmap");
    if (wrapped) return wrapped->batch_dim == dim ? wrapped->value : wrapped->value.movedim(wrapped->batch_dim, dim);
    Dims sizes = out.sizes();
    sizes.insert(static_cast<std::size_t>(dim), batch_size);
    return out.unsqueeze(dim).expand(sizes);
}

}  // namespace

func::ErasedFunction vmap(func::ErasedFunction function, func::BatchDims in_dims, func::BatchDims out_dims,
                          Randomness randomness) {
    return [=, function = std::move(function), in_dims = std::move(in_dims),
            out_dims = std::move(out_dims)](const TensorList& inputs) {
        check_count("in_dims", in_dims, "inputs", inputs.size());
        const std::int64_t level = next_level();
        TensorList batched = inputs;
        std::int64_t size = -1;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (!in_dims[i]) continue;
            if (inputs[i].dim() == 0)
                raise<IndexError>("vmap", "Got in_dim=", *in_dims[i], " for input ", i,
                                  ", which has no dimensions; std::nullopt stands for an input that is the same for "
                                  "every example");
            const std::int64_t dim = wrap_dim(*in_dims[i], inputs[i].dim(), "vmap");
            const std::int64_t own = inputs[i].size(dim);
            if (size >= 0 && own != size)
                raise<ShapeError>("vmap", "Expected all tensors to have the same size in the mapped dimension, got ",
                                  size, " and, for input ", i, ", ", own);
            size = own;
            batched[i] = wrap({TransformLevel::Kind::kVmap, level, inputs[i], {}, dim, randomness});
        }
        if (size < 0) raise<ValueError>("vmap", "needs at least one input with a batch dimension");
        TensorList results = call_user("vmap", function, batched);
        check_count("out_dims", out_dims, "results", results.size());
        for (std::size_t i = 0; i < results.size(); ++i) results[i] = leave_level(results[i], level, out_dims[i], size);
        return results;
    };
}

}  // namespace xgrad::detail
