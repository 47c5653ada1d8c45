#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>

namespace xgrad::ops {

std::string OpNode::name() const {
    std::string out;
    bool upper = true;
    for (const char* c = op_name_; *c; ++c) {
        if (*c == '_') {
            upper = true;
        } else {
            out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(*c))) : *c;
            upper = false;
        }
    }
    return out + "Backward0";
}

void OpNode::release_saved() {
    for (Slot& slot : saved_) slot.tensor.reset();
}

void OpNode::save(Uses which, const Tensor& tensor) {
    for (Slot& slot : saved_)
        if (slot.which == 0) {
            slot = {which, SavedTensor(tensor, which >= out(0))};
            return;
        }
    raise(op_name_, "saves more than ", kMaxSaved, " tensors");
}

Tensor OpNode::saved(Uses which) const {
    for (const Slot& slot : saved_) {
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

void check_partial_overlap(const char* operation, const Tensor& self, const Tensor& input) {
    const auto& a = *self.unsafeGetTensorImpl();
    const auto& b = *input.unsafeGetTensorImpl();
    if (&a == &b || a.storage != b.storage || a.numel == 0 || b.numel == 0) return;
    if (a.offset == b.offset && a.sizes == b.sizes && a.strides == b.strides) return;
    const auto last = [](const detail::TensorImpl& t) {
        std::int64_t end = t.offset;
        for (std::size_t d = 0; d < t.sizes.size(); ++d) end += (t.sizes[d] - 1) * t.strides[d];
        return end;
    };
    if (last(a) < b.offset || last(b) < a.offset) return;
    // Interleaved views (columns of one matrix) have overlapping ranges but no common element.
    if (a.sizes == b.sizes && a.strides == b.strides) {
        bool apart = true;
        const std::int64_t shift = b.offset > a.offset ? b.offset - a.offset : a.offset - b.offset;
        for (std::size_t d = 0; d < a.sizes.size(); ++d) apart &= a.sizes[d] <= 1 || shift % a.strides[d] != 0;
        if (apart) return;
    }
    raise<GraphError>(operation,
                      "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
                      "single memory location. Please clone() the input before performing the operation");
}

}  // namespace detail_op
}  // namespace xgrad::ops
