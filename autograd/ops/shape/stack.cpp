#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>

/// Tensors put together in the ways of NumPy, grids and combinations: compositions of views, cat and stack.
namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace {

void check_list(const char* operation, const TensorList& tensors) {
    if (tensors.empty()) raise<ValueError>(operation, "expects a non-empty TensorList");
    for (const Tensor& x : tensors) ops::check_defined(operation, x);
}

std::vector<Tensor> each(const TensorList& tensors, Tensor (*f)(const Tensor&)) {
    std::vector<Tensor> out;
    for (const Tensor& x : tensors) out.push_back(f(x));
    return out;
}

}  // namespace

Tensor concat(const TensorList& tensors, std::int64_t dim) { return cat(tensors, dim); }
Tensor concatenate(const TensorList& tensors, std::int64_t dim) { return cat(tensors, dim); }

Tensor atleast_1d(const Tensor& self) { return self.dim() == 0 ? self.reshape({1}) : self; }
Tensor atleast_2d(const Tensor& self) { return self.dim() < 2 ? atleast_1d(self).unsqueeze(0) : self; }
Tensor atleast_3d(const Tensor& self) { return self.dim() < 3 ? atleast_2d(self).unsqueeze(-1) : self; }
std::vector<Tensor> atleast_1d(const TensorList& tensors) { return each(tensors, atleast_1d); }
std::vector<Tensor> atleast_2d(const TensorList& tensors) { return each(tensors, atleast_2d); }
std::vector<Tensor> atleast_3d(const TensorList& tensors) { return each(tensors, atleast_3d); }

Tensor hstack(const TensorList& tensors) {
    check_list("hstack", tensors);
    const TensorList parts = atleast_1d(tensors);
    return cat(parts, parts[0].dim() == 1 ? 0 : 1);
}
Tensor vstack(const TensorList& tensors) {
    check_list("vstack", tensors);
    return cat(atleast_2d(tensors), 0);
}
Tensor row_stack(const TensorList& tensors) { return vstack(tensors); }
Tensor dstack(const TensorList& tensors) {
    check_list("dstack", tensors);
    return cat(atleast_3d(tensors), 2);
}
Tensor column_stack(const TensorList& tensors) {
    check_list("column_stack", tensors);
    TensorList columns;
    for (const Tensor& x : tensors) columns.push_back(x.dim() < 2 ? x.reshape({x.numel(), 1}) : x);
    return cat(columns, 1);
}

Tensor block_diag(const TensorList& tensors) {
    if (tensors.empty()) return empty({1, 0});
    std::int64_t width = 0, at = 0;
    TensorList blocks;
    for (const Tensor& x : tensors) {
        ops::check_defined("block_diag", x);
        if (x.dim() > 2)
            raise<ShapeError>("block_diag", "Input tensors must have 2 or fewer dimensions. Input ", blocks.size(),
                              " has ", x.dim(), " dimensions");
        blocks.push_back(atleast_2d(x));
        width += blocks.back().size(1);
    }
    for (Tensor& block : blocks) {
        const std::int64_t own = block.size(1);
        block = constant_pad_nd(block, {at, width - at - own});
        at += own;
    }
    return cat(blocks, 0);
}

std::vector<Tensor> meshgrid(const TensorList& tensors, std::string_view indexing) {
    check_list("meshgrid", tensors);
    if (indexing != "ij" && indexing != "xy")
        raise<ValueError>("meshgrid", "indexing must be one of \"xy\" or \"ij\", but received: ", indexing);
    const std::size_t n = tensors.size();
    // Which dimension of the grid belongs to vector i.
    const auto dim_of = [&](std::size_t i) { return indexing == "xy" && n > 1 && i < 2 ? 1 - i : i; };
    Dims sizes(n);
    for (std::size_t i = 0; i < n; ++i) {
        const Tensor& x = tensors[i];
        if (x.dim() > 1)
            raise<ShapeError>("meshgrid",
                              "Expected 0D or 1D tensor in the tensor list but got: ", shape_string(x.sizes()));
        if (x.dtype() != tensors[0].dtype())
            raise<DtypeError>("meshgrid", "expects all tensors to have the same dtype, got ", tensors[0].dtype(),
                              " and ", x.dtype());
        sizes[dim_of(i)] = x.numel();
    }
    std::vector<Tensor> out;
    for (std::size_t i = 0; i < n; ++i) {
        Dims own(n, 1);
        own[dim_of(i)] = tensors[i].numel();
        out.push_back(tensors[i].view(own).expand(sizes));
    }
    return out;
}
std::vector<Tensor> meshgrid(const TensorList& tensors) { return meshgrid(tensors, "ij"); }

Tensor cartesian_prod(const TensorList& tensors) {
    check_list("cartesian_prod", tensors);
    for (const Tensor& x : tensors)
        if (x.dim() != 1)
            raise<ShapeError>("cartesian_prod", "Expect a 1D vector, but got shape ", shape_string(x.sizes()));
    if (tensors.size() == 1) return tensors[0];
    TensorList columns = meshgrid(tensors);
    for (Tensor& x : columns) x = x.flatten();
    return stack(columns, 1);
}

Tensor combinations(const Tensor& self, std::int64_t r, bool with_replacement) {
    if (self.dim() != 1)
        raise<ShapeError>("combinations", "Expect a 1D vector, but got shape ", shape_string(self.sizes()));
    if (r < 0) raise<ValueError>("combinations", "Expect a non-negative number, but got ", r);
    if (r == 0) return empty({0}, self.options());
    const std::int64_t n = self.numel();
    // Positions of the elements of one combination after the other; each follows from the last by the rightmost
    // position that can still move.
    std::vector<std::int64_t> all, one(static_cast<std::size_t>(r));
    for (std::int64_t k = 0; k < r; ++k) one[static_cast<std::size_t>(k)] = with_replacement ? 0 : k;
    bool more = with_replacement ? n > 0 : r <= n;
    while (more) {
        all.insert(all.end(), one.begin(), one.end());
        std::int64_t k = r - 1;
        const auto last = [&](std::int64_t i) { return with_replacement ? n - 1 : n - r + i; };
        while (k >= 0 && one[static_cast<std::size_t>(k)] == last(k)) --k;
        more = k >= 0;
        if (!more) break;
        const std::int64_t next = one[static_cast<std::size_t>(k)] + 1;
        for (std::int64_t i = k; i < r; ++i) one[static_cast<std::size_t>(i)] = next + (with_replacement ? 0 : i - k);
    }
    return self.index_select(0, tensor(all)).view({-1, r});
}

Tensor vander(const Tensor& x, std::optional<std::int64_t> N, bool increasing) {
    if (x.dim() != 1) raise<ShapeError>("vander", "x must be a one-dimensional tensor, got ", x.dim(), " dimensions");
    const std::int64_t count = N.value_or(x.size(0));
    if (count < 0) raise<ValueError>("vander", "N must be non-negative, got ", count);
    const Tensor base = xgrad::is_floating_point(x.dtype()) ? x : x.to(kInt64);
    if (count == 0) return empty({x.size(0), 0}, base.options());
    TensorList powers{ones_like(base)};
    while (static_cast<std::int64_t>(powers.size()) < count)
        powers.push_back(powers.size() == 1 ? base : powers.back() * base);
    if (!increasing) std::reverse(powers.begin(), powers.end());
    return stack(powers, 1);
}

}  // namespace xgrad
