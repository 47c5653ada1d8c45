#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/indexing.h>
#include <xgrad/autograd/ops/indexing/index.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <ostream>
#include <string_view>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using indexing::TensorIndex;

namespace indexing {

TensorIndex::TensorIndex(const char* ellipsis) : kind_(Kind::kEllipsis) {
    if (std::string_view(ellipsis) != "...")
        raise<ValueError>("TensorIndex", "expected \"...\" to represent an ellipsis index, but got \"", ellipsis, "\"");
}

std::ostream& operator<<(std::ostream& out, const Slice& slice) {
    return out << slice.start() << ':' << slice.stop() << ':' << slice.step();
}
std::ostream& operator<<(std::ostream& out, const TensorIndex& index) {
    switch (index.kind()) {
        case TensorIndex::Kind::kNone:
            return out << "None";
        case TensorIndex::Kind::kEllipsis:
            return out << "...";
        case TensorIndex::Kind::kInteger:
            return out << index.integer();
        case TensorIndex::Kind::kBoolean:
            return out << (index.boolean() ? "true" : "false");
        case TensorIndex::Kind::kSlice:
            return out << index.slice();
        default:
            return out << index.tensor();
    }
}
std::ostream& operator<<(std::ostream& out, const std::vector<TensorIndex>& indices) {
    out << '(';
    for (std::size_t i = 0; i < indices.size(); ++i) out << (i ? ", " : "") << indices[i];
    return out << ')';
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
            if (index.is_ellipsis()) {
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
    void apply_slice(const indexing::Slice& slice);
    void apply_integer(std::int64_t i);
    void apply_boolean(bool b);
    void apply_tensor(const Tensor& index);
    void check_mask(const Tensor& mask) const;
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
        switch (index.kind()) {
            case Kind::kInteger:
            case Kind::kSlice:
                ++specified;
                break;
            case Kind::kTensor:
                if (!index.tensor().defined()) raise<ValueError>(operation_, "an index is an undefined Tensor");
                specified += is_mask(index.tensor()) ? index.tensor().dim() : 1;
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
    switch (index.kind()) {
        case Kind::kNone:
            view_ = view_.unsqueeze(dim_++);
            break;
        case Kind::kInteger:
            apply_integer(index.integer());
            break;
        case Kind::kBoolean:
            apply_boolean(index.boolean());
            break;
        case Kind::kTensor:
            apply_tensor(index.tensor());
            break;
        default:
            apply_slice(index.slice());
    }
}

void ParsedIndex::apply_slice(const indexing::Slice& slice) {
    if (slice.step() != 1 || slice.start() != 0 || slice.stop() != indexing::INDEX_MAX)
        view_ = view_.slice(dim_, slice.start(), slice.stop(), slice.step());
    ++dim_;
    ++consumed_;
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
    std::int64_t rank = 1;
    if (is_mask(index)) {
        check_mask(index);
        rank = index.dim();
        advanced_.push_back({dim_, rank, ops::mask_positions(index)});
    } else {
        advanced_.push_back({dim_, rank, ops::wrapped_positions(operation_, index, consumed_, view_.size(dim_))});
    }
    dim_ += rank;
    consumed_ += rank;
}

void ParsedIndex::check_mask(const Tensor& mask) const {
    const IntArrayRef covered = view_.sizes().slice(static_cast<std::size_t>(dim_), mask.sizes().size());
    if (mask.sizes() != covered)
        raise<IndexError>(operation_, "The shape of the mask ", shape_string(mask.sizes()), " at index ", consumed_,
                          " does not match the shape of the indexed tensor ", shape_string(self_.sizes()));
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

bool inside_transform(const Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& value) {
    const auto wrapped_index = [](const TensorIndex& i) {
        return i.kind() == Kind::kTensor && i.tensor().defined() && ops::wrapped(i.tensor());
    };
    return ops::wrapped(self) || ops::wrapped(value) || std::ranges::any_of(indices, wrapped_index);
}

/// A write inside jvp or vmap, where views cannot be written: to positions in the flattened tensor.
struct FlatPut {
    Tensor positions, value;

    FlatPut(const Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& given)
        : positions(arange(self.numel(), kInt64).view(self.sizes()).index(indices)),
          value(leading_ones_dropped(given, positions.dim()).to(self.dtype())) {}
};

Tensor& put_index(Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& value, bool accumulate = false) {
    constexpr const char* name = "index_put_";
    if (!self.defined() || !value.defined()) raise(name, "an input is an undefined Tensor");
    if (inside_transform(self, indices, value)) {
        const FlatPut put(self, indices, value);
        ops::put_slices(self, ops::all_dims(self), put.positions, put.value, accumulate);
        return self;
    }
    ParsedIndex parsed(name, self, indices);
    const Tensor fitting = leading_ones_dropped(value, parsed.result_rank());
    if (!parsed.basic())
        ops::put_slices(parsed.view(), parsed.dims(), parsed.positions(), fitting, accumulate);
    else if (accumulate)
        parsed.view().add_(fitting);
    else
        parsed.view().copy_(fitting);
    return self;
}

}  // namespace

Tensor index(const Tensor& self, const std::vector<TensorIndex>& indices) {
    if (!self.defined()) raise("index", "an input is an undefined Tensor");
    ParsedIndex parsed("index", self, indices);
    if (!parsed.basic()) return ops::take_slices(parsed.view(), parsed.dims(), parsed.positions());
    return parsed.view().is_same(self) ? self.view(self.sizes()) : parsed.view();
}
Tensor Tensor::index(const std::vector<TensorIndex>& indices) const { return xgrad::index(*this, indices); }
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
    return xgrad::index(*this, std::vector<TensorIndex>(indices));
}
Tensor Tensor::operator[](const Tensor& index) const { return this->index({index}); }

Tensor& index_put_(Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& values, bool accumulate) {
    return put_index(self, indices, values, accumulate);
}
Tensor index_put(const Tensor& self, const std::vector<TensorIndex>& indices, const Tensor& values, bool accumulate) {
    if (!self.defined() || !values.defined()) raise("index_put", "an input is an undefined Tensor");
    if (inside_transform(self, indices, values)) {
        const FlatPut put(self, indices, values);
        return ops::with_slices(self, ops::all_dims(self), put.positions, put.value, accumulate);
    }
    Tensor out = self.clone();
    return put_index(out, indices, values, accumulate);
}
Tensor Tensor::index_put(const std::vector<TensorIndex>& indices, const Tensor& values, bool accumulate) const {
    return xgrad::index_put(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Tensor& values, bool accumulate) {
    return put_index(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values, bool accumulate) {
    return put_index(*this, std::vector<TensorIndex>(indices), values, accumulate);
}
Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Scalar& value) {
    return put_index(*this, indices, full({}, value, dtype()));
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
    return put_index(*this, std::vector<TensorIndex>(indices), full({}, value, dtype()));
}

}  // namespace xgrad
