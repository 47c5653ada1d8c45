#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include <algorithm>

/// Tensors taken apart in the ways of NumPy: all come down to split_with_sizes and slices.
namespace xgrad {

using detail::wrap_dim;

namespace {

std::int64_t splittable_dim(const Tensor& self, std::int64_t dim) {
    if (self.dim() == 0)
        raise<ShapeError>("tensor_split", "expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
    return wrap_dim(dim, self.dim(), "tensor_split");
}

/// The dimension that `operation` splits, which needs `rank` dimensions.
std::int64_t named_dim(const char* operation, const Tensor& self, std::int64_t rank, std::int64_t dim) {
    if (self.dim() < rank)
        raise<ShapeError>(operation, "requires a tensor with at least ", rank, " dimension", rank > 1 ? "s" : "",
                          ", but got a tensor with ", self.dim(), " dimensions");
    return dim;
}

/// `sections` equal parts.
std::vector<Tensor> equal_parts(const char* operation, const Tensor& self, std::int64_t sections, std::int64_t dim) {
    const std::int64_t n = self.size(dim);
    if (sections <= 0) raise<ValueError>(operation, "the number of sections must be larger than 0, got ", sections);
    if (n % sections != 0)
        raise<ShapeError>(operation, "attempted to split along dimension ", dim, ", but the size of the dimension ", n,
                          " is not divisible by the split_size ", sections);
    return self.tensor_split(sections, dim);
}

std::int64_t hsplit_dim(const Tensor& self) { return named_dim("hsplit", self, 1, self.dim() == 1 ? 0 : 1); }
std::int64_t vsplit_dim(const Tensor& self) { return named_dim("vsplit", self, 2, 0); }
std::int64_t dsplit_dim(const Tensor& self) { return named_dim("dsplit", self, 3, 2); }

}  // namespace

std::vector<Tensor> tensor_split(const Tensor& self, std::int64_t sections, std::int64_t dim) {
    const std::int64_t d = splittable_dim(self, dim), n = self.size(d);
    if (sections <= 0) raise<ValueError>("tensor_split", "number of sections must be larger than 0, got ", sections);
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(sections), n / sections);
    for (std::int64_t i = 0; i < n % sections; ++i) ++lengths[static_cast<std::size_t>(i)];
    return self.split_with_sizes(lengths, d);
}

std::vector<Tensor> tensor_split(const Tensor& self, IntArrayRef indices, std::int64_t dim) {
    const std::int64_t d = splittable_dim(self, dim), n = self.size(d);
    // Parts that follow one another share one node of the graph.
    if (std::ranges::is_sorted(indices) && (indices.empty() || (indices.front() >= 0 && indices.back() <= n))) {
        std::vector<std::int64_t> lengths;
        std::int64_t at = 0;
        for (const std::int64_t i : indices) {
            lengths.push_back(i - at);
            at = i;
        }
        lengths.push_back(n - at);
        return self.split_with_sizes(lengths, d);
    }
    std::vector<Tensor> out;
    std::int64_t at = 0;
    for (const std::int64_t i : indices) {
        out.push_back(self.slice(d, at, i));
        at = i;
    }
    out.push_back(self.slice(d, at));
    return out;
}

std::vector<Tensor> tensor_split(const Tensor& self, const Tensor& tensor_indices_or_sections, std::int64_t dim) {
    const Tensor& given = tensor_indices_or_sections;
    if (given.dtype() != kInt64)
        raise<DtypeError>("tensor_split", "expected tensor_indices_or_sections to have dtype of long, but got ",
                          given.dtype());
    if (given.dim() > 1)
        raise<ShapeError>("tensor_split",
                          "expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but "
                          "got a tensor with ",
                          given.dim(), " dims");
    if (given.dim() == 0) return tensor_split(self, given.item<std::int64_t>(), dim);
    const Tensor indices = given.contiguous();
    return tensor_split(self, IntArrayRef(indices.data_ptr<std::int64_t>(), static_cast<std::size_t>(indices.numel())),
                        dim);
}

std::vector<Tensor> hsplit(const Tensor& self, std::int64_t sections) {
    return equal_parts("hsplit", self, sections, hsplit_dim(self));
}
std::vector<Tensor> hsplit(const Tensor& self, IntArrayRef indices) {
    return self.tensor_split(indices, hsplit_dim(self));
}
std::vector<Tensor> vsplit(const Tensor& self, std::int64_t sections) {
    return equal_parts("vsplit", self, sections, vsplit_dim(self));
}
std::vector<Tensor> vsplit(const Tensor& self, IntArrayRef indices) {
    return self.tensor_split(indices, vsplit_dim(self));
}
std::vector<Tensor> dsplit(const Tensor& self, std::int64_t sections) {
    return equal_parts("dsplit", self, sections, dsplit_dim(self));
}
std::vector<Tensor> dsplit(const Tensor& self, IntArrayRef indices) {
    return self.tensor_split(indices, dsplit_dim(self));
}

std::vector<Tensor> Tensor::tensor_split(std::int64_t sections, std::int64_t dim) const {
    return xgrad::tensor_split(*this, sections, dim);
}
std::vector<Tensor> Tensor::tensor_split(IntArrayRef indices, std::int64_t dim) const {
    return xgrad::tensor_split(*this, indices, dim);
}
std::vector<Tensor> Tensor::tensor_split(const Tensor& tensor_indices_or_sections, std::int64_t dim) const {
    return xgrad::tensor_split(*this, tensor_indices_or_sections, dim);
}
std::vector<Tensor> Tensor::hsplit(std::int64_t sections) const { return xgrad::hsplit(*this, sections); }
std::vector<Tensor> Tensor::hsplit(IntArrayRef indices) const { return xgrad::hsplit(*this, indices); }
std::vector<Tensor> Tensor::vsplit(std::int64_t sections) const { return xgrad::vsplit(*this, sections); }
std::vector<Tensor> Tensor::vsplit(IntArrayRef indices) const { return xgrad::vsplit(*this, indices); }
std::vector<Tensor> Tensor::dsplit(std::int64_t sections) const { return xgrad::dsplit(*this, sections); }
std::vector<Tensor> Tensor::dsplit(IntArrayRef indices) const { return xgrad::dsplit(*this, indices); }

}  // namespace xgrad
