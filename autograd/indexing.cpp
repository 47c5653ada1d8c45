#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/indexing.h>
#include <xgrad/autograd/ops/index.h>

#include <algorithm>
#include <string_view>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using indexing::TensorIndex;

namespace indexing {

TensorIndex::TensorIndex(const char* ellipsis) : kind(Kind::kEllipsis) {
    if (std::string_view(ellipsis) != "...")
        raise<ValueError>("TensorIndex", "expected \"...\" to represent an ellipsis index, but got \"", ellipsis, "\"");
}

}  // namespace indexing

namespace {

using Kind = TensorIndex::Kind;

/// An index tensor as positions within the `rank` dimensions from `dim` on that it indexes.
struct Advanced {
    std::int64_t dim, rank;
    Tensor positions;
};

/// A list of indices taken apart: the view that the basic ones make, and the advanced ones on it.
class ParsedIndex {
  public:
    ParsedIndex(const char* operation, const Tensor& self, const std::vector<TensorIndex>& indices)
        : operation_(operation), self_(self), view_(self) {
        const std::int64_t hidden = self.dim() - count_specified(indices);
        if (hidden < 0) raise<IndexError>(operation_, "too many indices for tensor of dimension ", self.dim());
        for (const TensorIndex& index : indices) {
            if (index.kind == Kind::kEllipsis) {
                dim_ += hidden;
                consumed_ += hidden;
            } else {
                apply(index);
            }
        }
        if (!advanced_.empty()) merge();
    }

    bool basic() const { return advanced_.empty(); }
    /// The result of basic indices, else the tensor to index at `positions()` in `dims()`.
    Tensor& view() { return view_; }
    ops::IndexedDims dims() const { return dims_; }
    const Tensor& positions() const { return positions_; }
    std::int64_t result_rank() const { return basic() ? view_.dim() : view_.dim() - dims_.count + positions_.dim(); }

  private:
    std::int64_t count_specified(const std::vector<TensorIndex>& indices) const;
    void apply(const TensorIndex& index);
    void apply_integer(std::int64_t i);
    void apply_boolean(bool b);
    void apply_tensor(const Tensor& index);
    Tensor wrapped_positions(const Tensor& index) const;
    Tensor mask_positions(const Tensor& mask) const;
    void merge();
    void merge_positions();

    const char* operation_;
    const Tensor& self_;
    Tensor view_;
    std::int64_t dim_ = 0;       // of view_, where the next index applies
    std::int64_t consumed_ = 0;  // dimensions of self_ behind us
    std::vector<Advanced> advanced_;
    ops::IndexedDims dims_{0, 0};
    Tensor positions_;
};

bool is_mask(const Tensor& x) { return x.dtype() == kBool || x.dtype() == kUInt8; }

std::int64_t ParsedIndex::count_specified(const std::vector<TensorIndex>& indices) const {
    std::int64_t specified = 0, ellipses = 0;
    for (const TensorIndex& index : indices) {
        switch (index.kind) {
            case Kind::kInteger:
            case Kind::kSlice:
                ++specified;
                break;
            case Kind::kTensor:
                if (!index.tensor.defined()) raise<ValueError>(operation_, "an index is an undefined Tensor");
                specified += is_mask(index.tensor) ? index.tensor.dim() : 1;
                break;
            case Kind::kEllipsis:
                ++ellipses;
                break;
            default:
                break;
        }
    }
    if (ellipses > 1) raise<IndexError>(operation_, "an index can only have a single ellipsis, got ", ellipses);
    return specified;
}

void ParsedIndex::apply(const TensorIndex& index) {
    switch (index.kind) {
        case Kind::kNone:
            view_ = view_.unsqueeze(dim_++);
            break;
        case Kind::kInteger:
            apply_integer(index.integer);
            break;
        case Kind::kBoolean:
            apply_boolean(index.integer != 0);
            break;
        case Kind::kTensor:
            apply_tensor(index.tensor);
            break;
        default:
            if (index.slice.step != 1 || index.slice.start.value_or(0) != 0 || index.slice.stop)
                view_ = view_.slice(dim_, index.slice.start, index.slice.stop, index.slice.step);
            ++dim_;
            ++consumed_;
    }
}

void ParsedIndex::apply_integer(std::int64_t i) {
    const std::int64_t n = view_.size(dim_);
    if (i < -n || i >= n)
        raise<IndexError>(operation_, "index ", i, " is out of bounds for dimension ", consumed_, " with size ", n);
    view_ = view_.select(dim_, i);
    ++consumed_;
}

/// A new dimension of size 1 taken once or not at all.
void ParsedIndex::apply_boolean(bool b) {
    view_ = view_.unsqueeze(dim_);
    advanced_.push_back({dim_++, 1, zeros({b ? 1 : 0}, kInt64)});
}

void ParsedIndex::apply_tensor(const Tensor& index) {
    if (is_floating_point(index.dtype()))
        raise<IndexError>(operation_, "tensors used as indices must be int64, int32, uint8 or bool tensors, got ",
                          index.dtype());
    if (index.dim() == 0)
        return is_mask(index) ? apply_boolean(index.item<bool>()) : apply_integer(index.item<std::int64_t>());
    const std::int64_t rank = is_mask(index) ? index.dim() : 1;
    advanced_.push_back({dim_, rank, is_mask(index) ? mask_positions(index) : wrapped_positions(index)});
    dim_ += rank;
    consumed_ += rank;
}

Tensor ParsedIndex::wrapped_positions(const Tensor& index) const {
    Tensor out = index.to(kInt64, false, true).contiguous();
    const std::int64_t n = view_.size(dim_);
    auto* p = out.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        if (p[i] < -n || p[i] >= n)
            raise<IndexError>(operation_, "index ", p[i], " is out of bounds for dimension ", consumed_, " with size ",
                              n);
        if (p[i] < 0) p[i] += n;
    }
    return out;
}

Tensor ParsedIndex::mask_positions(const Tensor& mask) const {
    const IntArrayRef covered = view_.sizes().slice(static_cast<std::size_t>(dim_), mask.sizes().size());
    if (mask.sizes() != covered)
        raise<IndexError>(operation_, "The shape of the mask ", shape_string(mask.sizes()), " at index ", consumed_,
                          " does not match the shape of the indexed tensor ", shape_string(self_.sizes()));
    const Tensor flags = mask.to(kBool).contiguous();
    const auto* flag = flags.data_ptr<bool>();
    Tensor out = empty({std::count(flag, flag + flags.numel(), true)}, kInt64);
    auto* p = out.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < flags.numel(); ++i)
        if (flag[i]) *p++ = i;
    return out;
}

/// Brings the indexed dimensions together: where they are if neighbours, else in front. One tensor of positions is
/// left.
void ParsedIndex::merge() {
    bool neighbours = true;
    for (std::size_t i = 1; i < advanced_.size(); ++i)
        neighbours &= advanced_[i - 1].dim + advanced_[i - 1].rank == advanced_[i].dim;
    for (const Advanced& a : advanced_) dims_.count += a.rank;
    dims_.first = neighbours ? advanced_[0].dim : 0;
    if (!neighbours) {
        Dims order;
        for (Advanced& a : advanced_) {
            for (std::int64_t d = a.dim; d < a.dim + a.rank; ++d) order.push_back(d);
            a.dim = static_cast<std::int64_t>(order.size()) - a.rank;
        }
        for (std::int64_t d = 0; d < view_.dim(); ++d)
            if (std::find(order.begin(), order.end(), d) == order.end()) order.push_back(d);
        view_ = view_.permute(order);
    }
    merge_positions();
}

void ParsedIndex::merge_positions() {
    positions_ = advanced_[0].positions;
    for (std::size_t i = 1; i < advanced_.size(); ++i) {
        const Advanced& a = advanced_[i];
        detail::broadcast_shapes(positions_.sizes(), a.positions.sizes(), operation_);  // throws
        std::int64_t extent = 1;
        for (std::int64_t d = a.dim; d < a.dim + a.rank; ++d) extent *= view_.size(d);
        positions_ = positions_ * extent + a.positions;
    }
}

Tensor leading_ones_dropped(Tensor value, std::int64_t rank) {
    while (value.dim() > rank && value.size(0) == 1) value = value.select(0, 0);
    return value;
}

Tensor& put_index(Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& value) {
    constexpr const char* name = "index_put_";
    if (!value.defined()) raise(name, "the value is an undefined Tensor");
    ParsedIndex parsed(name, self, indices);
    const Tensor fitting = leading_ones_dropped(value, parsed.result_rank());
    if (!parsed.basic())
        ops::put_slices(parsed.view(), parsed.dims(), parsed.positions(), fitting);
    else
        parsed.view().copy_(fitting);
    return self;
}

}  // namespace

Tensor Tensor::index(const std::vector<TensorIndex>& indices) const {
    ParsedIndex parsed("index", *this, indices);
    if (!parsed.basic()) return ops::take_slices(parsed.view(), parsed.dims(), parsed.positions());
    return parsed.view().is_same(*this) ? view(sizes()) : parsed.view();
}
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
    return index(std::vector<TensorIndex>(indices));
}
Tensor Tensor::operator[](const Tensor& index) const { return this->index({index}); }

Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Tensor& value, bool) {
    return put_index(*this, indices, value);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& value, bool) {
    return put_index(*this, std::vector<TensorIndex>(indices), value);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
    return put_index(*this, std::vector<TensorIndex>(indices), full({}, value, dtype()));
}

}  // namespace xgrad
