#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

#include <algorithm>
#include <numeric>

namespace xgrad::ops {

std::string OpNode::name() const {
    if (std::string_view(op_name_) == "copy_") return "CopyBackwards";
    std::string out;
    bool upper = true;
    for (const char* p = op_name_; *p; ++p) {
        const auto c = static_cast<unsigned char>(*p);
        if (c != '_') out += upper ? static_cast<char>(std::toupper(c)) : *p;
        upper = c == '_' || std::isdigit(c);
    }
    return out + "Backward0";
}

void OpNode::release_saved() {
    for (Slot& slot : slots_) slot.tensor.reset();
}

void OpNode::save(Uses which, const Tensor& tensor) {
    auto free = slots_.begin();
    while (free->which != 0) ++free;
    *free = {which, SavedTensor(tensor, op_name_)};
}

Tensor OpNode::saved(Uses which) const {
    for (const Slot& slot : slots_) {
        if (slot.which != which) continue;
        if (which >= out(0)) {
            // An output's history is this node. The engine holds a share of it while it runs.
            unsigned nr = 0;
            while (which != out(nr)) ++nr;
            return slot.tensor.unpack(*this, {NodePtr::share(const_cast<OpNode*>(this)), nr});
        }
        unsigned i = 0;
        while (which != in(i)) ++i;
        return slot.tensor.unpack(*this, next_edge(i));
    }
    return {};
}

namespace detail_op {

Tensor snapshot(const Tensor& self) {
    Tensor old = empty_like(self);
    copy_elements(old, self);
    if (const Edge edge = detail::gradient_edge(self); edge.is_valid())
        detail::set_history(old, edge.function, edge.input_nr);
    return old;
}

void check_fits(const char* operation, const Tensor& self, IntArrayRef sizes, ScalarType dtype) {
    if (self.sizes() != sizes)
        raise<ShapeError>(operation, "output with shape ", self.sizes(), " doesn't match the broadcast shape ", sizes);
    if (!can_cast(dtype, self.dtype()))
        raise<DtypeError>(operation, "result type ", dtype, " can't be cast to the desired output type ", self.dtype());
}

namespace {

/// Whether element i of `a` is element i of `b`, broadcast to the shape of `a`.
bool same_elements(const detail::TensorImpl& a, const detail::TensorImpl& b) {
    if (a.offset != b.offset || a.numel != b.numel) return false;
    const std::size_t na = a.sizes.size(), nb = b.sizes.size();
    for (std::size_t i = 1; i <= std::max(na, nb); ++i) {
        const std::int64_t size_a = i <= na ? a.sizes[na - i] : 1, size_b = i <= nb ? b.sizes[nb - i] : 1;
        if (size_a != size_b || (size_a > 1 && a.strides[na - i] != b.strides[nb - i])) return false;
    }
    return true;
}

/// The common elements of two geometries are the solutions of offset_a + sum i_d s_d = offset_b + sum j_d t_d with
/// indices i, j in range. Dimensions of equal stride count together: i_d - j_d takes every value of an interval. That
/// leaves sum k_t stride_t = offset_b - offset_a, low_t <= k_t <= high_t, which is searched from the largest stride
/// down: the smaller ones reach so little further that only a few k_t come into question.
class CommonElement {
  public:
    CommonElement(const detail::TensorImpl& a, const detail::TensorImpl& b) {
        terms_[0] = {};
        for (std::size_t d = 0; d < a.sizes.size(); ++d) add(a.strides[d], 0, a.sizes[d] - 1);
        for (std::size_t d = 0; d < b.sizes.size(); ++d) add(b.strides[d], 1 - b.sizes[d], 0);
        for (std::size_t t = count_; t-- > 0;) {
            const Term& next = terms_[t + 1];
            Term& term = terms_[t];
            term.divisor = std::gcd(term.stride, next.divisor);
            term.smallest = next.smallest + term.low * term.stride;
            term.largest = next.largest + term.high * term.stride;
        }
        may_exist_ = search(0, b.offset - a.offset);
    }

    /// True too when the search was given up, which takes strides that do not nest and many dimensions.
    bool may_exist() const { return may_exist_; }

  private:
    struct Term {
        std::int64_t stride, low, high;
        // Of this and the following terms: the greatest common divisor, and what their sum may be.
        std::int64_t divisor, smallest, largest;
    };
    // A tensor has fewer than 64 dimensions with more than one element each.
    static constexpr std::size_t kMaxTerms = 128;
    static constexpr int kMaxSteps = 10000;

    void add(std::int64_t stride, std::int64_t low, std::int64_t high) {
        if (low == high || stride == 0) return;
        std::size_t at = 0;
        while (at < count_ && terms_[at].stride > stride) ++at;
        if (at < count_ && terms_[at].stride == stride) {
            terms_[at].low += low;
            terms_[at].high += high;
            return;
        }
        std::copy_backward(terms_ + at, terms_ + count_, terms_ + count_ + 1);
        ++count_;
        terms_[at] = {stride, low, high, 0, 0, 0};
        terms_[count_] = {};
    }

    bool search(std::size_t t, std::int64_t target) {
        const Term& term = terms_[t];
        if (target < term.smallest || target > term.largest) return false;
        if (t == count_) return true;
        if (target % term.divisor != 0) return false;
        const Term& rest = terms_[t + 1];
        // Rounded towards zero, so that a bound may be one too wide: the next level sees that.
        const std::int64_t first = std::max(term.low, (target - rest.largest) / term.stride);
        const std::int64_t last = std::min(term.high, (target - rest.smallest) / term.stride);
        for (std::int64_t k = first; k <= last; ++k)
            if (++steps_ > kMaxSteps || search(t + 1, target - k * term.stride)) return true;
        return false;
    }

    Term terms_[kMaxTerms + 1];
    std::size_t count_ = 0;
    int steps_ = 0;
    bool may_exist_;
};

}  // namespace

void check_partial_overlap(const char* operation, const Tensor& self, const Tensor& input) {
    const auto& a = *self.unsafeGetTensorImpl();
    const auto& b = *input.unsafeGetTensorImpl();
    if (&a == &b || a.storage != b.storage || a.numel == 0 || b.numel == 0) return;
    if (same_elements(a, b) || !CommonElement(a, b).may_exist()) return;
    raise<GraphError>(operation,
                      "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
                      "single memory location. Please clone() the input before performing the operation");
}

}  // namespace detail_op
}  // namespace xgrad::ops
