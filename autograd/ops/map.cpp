#include <xgrad/autograd/ops/convert.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad::ops {

namespace {

constexpr std::int64_t kBlock = 512;   // elements in a staging buffer: all of them fit the first-level cache
constexpr std::int64_t kLongRun = 64;  // from here on a run is worth a kernel call of its own
constexpr std::size_t kMaxOperands = kMaxMapInputs + 1;
constexpr std::size_t kMaxRank = 64;

/// The output (operand 0) and the inputs over one common shape, with dimensions merged where all of them allow it.
struct Plan {
    MapKernel kernel;
    const void* row;
    ScalarType compute, produce;
    std::size_t operands = 0, rank = 0;
    std::int64_t numel = 0;
    std::int64_t sizes[kMaxRank];
    std::int64_t strides[kMaxOperands][kMaxRank];
    std::byte* data[kMaxOperands];
    ScalarType dtype[kMaxOperands];
    bool linear[kMaxOperands];  // row-major contiguous over the whole shape, and of the kernel's dtype

    std::int64_t run_length() const { return rank ? sizes[rank - 1] : 1; }
    std::int64_t run_stride(std::size_t k) const { return rank ? strides[k][rank - 1] : 0; }
    ScalarType kernel_dtype(std::size_t k) const { return k == 0 ? produce : compute; }
};

void add_operand(Plan& plan, const Tensor& tensor, IntArrayRef shape) {
    const std::size_t k = plan.operands++;
    const auto& impl = *tensor.unsafeGetTensorImpl();
    plan.data[k] = static_cast<std::byte*>(impl.data());
    plan.dtype[k] = impl.dtype;
    const std::size_t missing = shape.size() - impl.sizes.size();
    for (std::size_t d = 0; d < shape.size(); ++d)
        plan.strides[k][d] = d < missing || (impl.sizes[d - missing] == 1 && shape[d] != 1) ? 0 : impl.strides[d - missing];
}

/// Drops dimensions of size 1 and merges neighbours that every operand steps through evenly.
void coalesce(Plan& plan, IntArrayRef shape) {
    std::size_t to = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (shape[d] == 1) continue;
        bool joins = to > 0;
        for (std::size_t k = 0; k < plan.operands && joins; ++k)
            joins = plan.strides[k][to - 1] == plan.strides[k][d] * shape[d];
        if (!joins) ++to;
        plan.sizes[to - 1] = joins ? plan.sizes[to - 1] * shape[d] : shape[d];
        for (std::size_t k = 0; k < plan.operands; ++k) plan.strides[k][to - 1] = plan.strides[k][d];
    }
    plan.rank = to;
    for (std::size_t k = 0; k < plan.operands; ++k) {
        plan.linear[k] = plan.dtype[k] == plan.kernel_dtype(k);
        std::int64_t step = 1;
        for (std::size_t d = to; d-- > 0; step *= plan.sizes[d]) plan.linear[k] &= plan.strides[k][d] == step;
    }
}

/// A position in the common shape: where each operand is, and how much of the run is left.
class Cursor {
  public:
    Cursor(const Plan& plan, std::int64_t position) : plan_(plan) {
        for (std::size_t d = plan.rank; d-- > 0;) {
            index_[d] = position % plan.sizes[d];
            position /= plan.sizes[d];
            for (std::size_t k = 0; k < plan.operands; ++k) offset_[k] += index_[d] * plan.strides[k][d];
        }
    }
    std::int64_t left_in_run() const { return plan_.rank ? plan_.sizes[plan_.rank - 1] - index_[plan_.rank - 1] : 1; }
    std::byte* at(std::size_t k) const { return plan_.data[k] + offset_[k] * element_size(plan_.dtype[k]); }

    /// Moves on by n elements of the present run.
    void advance(std::int64_t n) {
        for (std::size_t d = plan_.rank; d-- > 0; n = 1) {
            index_[d] += n;
            for (std::size_t k = 0; k < plan_.operands; ++k) offset_[k] += n * plan_.strides[k][d];
            if (index_[d] < plan_.sizes[d]) return;
            for (std::size_t k = 0; k < plan_.operands; ++k) offset_[k] -= index_[d] * plan_.strides[k][d];
            index_[d] = 0;
        }
    }

  private:
    const Plan& plan_;
    std::int64_t index_[kMaxRank];
    std::int64_t offset_[kMaxOperands] = {};
};

using Buffer = std::byte[kBlock * 8];

/// Runs long enough for calls of their own: only operands that the kernel can't read as they lie pass through buffers.
void run_by_run(const Plan& plan, std::int64_t begin, std::int64_t end) {
    alignas(64) Buffer buffers[kMaxOperands];
    const void* repeated[kMaxOperands] = {};  // the element that a buffer holds kBlock times
    bool direct[kMaxOperands], all_direct = true;
    for (std::size_t k = 0; k < plan.operands; ++k) {
        direct[k] = plan.run_stride(k) == 1 && plan.dtype[k] == plan.kernel_dtype(k);
        all_direct &= direct[k];
    }
    Cursor cursor(plan, begin);
    while (begin < end) {
        const std::int64_t n = std::min({cursor.left_in_run(), end - begin, all_direct ? end - begin : kBlock});
        const void* in[kMaxMapInputs];
        for (std::size_t k = 1; k < plan.operands; ++k) {
            if (direct[k]) {
                in[k - 1] = cursor.at(k);
                continue;
            }
            in[k - 1] = buffers[k];
            const bool repeats = plan.run_stride(k) == 0;
            if (repeats && repeated[k] == cursor.at(k)) continue;
            convert_run(plan.dtype[k], cursor.at(k), plan.run_stride(k), plan.compute, buffers[k], 1, repeats ? kBlock : n);
            repeated[k] = repeats ? cursor.at(k) : nullptr;
        }
        plan.kernel(plan.row, direct[0] ? static_cast<void*>(cursor.at(0)) : buffers[0], in, n);
        if (!direct[0]) convert_run(plan.produce, buffers[0], 1, plan.dtype[0], cursor.at(0), plan.run_stride(0), n);
        cursor.advance(n);
        begin += n;
    }
}

/// Short runs: many of them are gathered into a buffer before the kernel is called.
void block_by_block(const Plan& plan, std::int64_t begin, std::int64_t end) {
    alignas(64) Buffer buffers[kMaxOperands];
    Cursor cursor(plan, begin);
    while (begin < end) {
        const std::int64_t n = std::min(kBlock, end - begin);
        const void* in[kMaxMapInputs];
        for (std::size_t k = 1; k < plan.operands; ++k)
            in[k - 1] = plan.linear[k] ? plan.data[k] + begin * element_size(plan.dtype[k]) : buffers[k];
        void* out = plan.linear[0] ? plan.data[0] + begin * element_size(plan.dtype[0]) : buffers[0];
        const Cursor start = cursor;
        for (std::int64_t done = 0; done < n;) {
            const std::int64_t m = std::min(cursor.left_in_run(), n - done);
            for (std::size_t k = 1; k < plan.operands; ++k)
                if (!plan.linear[k])
                    convert_run(plan.dtype[k], cursor.at(k), plan.run_stride(k), plan.compute,
                                buffers[k] + done * element_size(plan.compute), 1, m);
            cursor.advance(m);
            done += m;
        }
        plan.kernel(plan.row, out, in, n);
        if (!plan.linear[0]) {
            Cursor back = start;
            for (std::int64_t done = 0; done < n;) {
                const std::int64_t m = std::min(back.left_in_run(), n - done);
                convert_run(plan.produce, buffers[0] + done * element_size(plan.produce), 1, plan.dtype[0], back.at(0),
                            plan.run_stride(0), m);
                back.advance(m);
                done += m;
            }
        }
        begin += n;
    }
}

void run_linear(const Plan& plan, std::int64_t begin, std::int64_t end) {
    const void* in[kMaxMapInputs];
    for (std::size_t k = 1; k < plan.operands; ++k) in[k - 1] = plan.data[k] + begin * element_size(plan.compute);
    plan.kernel(plan.row, plan.data[0] + begin * element_size(plan.produce), in, end - begin);
}

}  // namespace

void map(MapKernel kernel, const void* row, ScalarType compute, ScalarType produce, const Tensor& out,
         std::span<const Tensor* const> inputs) {
    const auto& target = *out.unsafeGetTensorImpl();
    if (target.numel == 0) return;
    bool plain = target.contiguous && target.dtype == produce;
    for (const Tensor* input : inputs) {
        const auto& impl = *input->unsafeGetTensorImpl();
        plain &= impl.contiguous && impl.numel == target.numel && impl.dtype == compute;
    }
    if (plain && target.numel <= kGrain) {
        const void* in[kMaxMapInputs];
        for (std::size_t k = 0; k < inputs.size(); ++k) in[k] = inputs[k]->unsafeGetTensorImpl()->data();
        return kernel(row, target.data(), in, target.numel);
    }
    Plan plan;
    plan.kernel = kernel;
    plan.row = row;
    plan.compute = compute;
    plan.produce = produce;
    plan.numel = target.numel;
    add_operand(plan, out, target.sizes);
    for (const Tensor* input : inputs) add_operand(plan, *input, target.sizes);
    coalesce(plan, target.sizes);
    const bool linear = std::all_of(plan.linear, plan.linear + plan.operands, [](bool b) { return b; });
    const auto part = linear ? run_linear : plan.run_length() >= kLongRun ? run_by_run : block_by_block;
    detail::parallel_for(0, plan.numel, kGrain, [&](std::int64_t b, std::int64_t e) { part(plan, b, e); });
}

void copy(const Tensor& out, const Tensor& source) {
    if (out.numel() == 0) return;
    Plan plan;
    plan.compute = source.dtype();
    plan.produce = out.dtype();
    plan.numel = out.numel();
    add_operand(plan, out, out.sizes());
    add_operand(plan, source, out.sizes());
    coalesce(plan, out.sizes());
    detail::parallel_for(0, plan.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
        Cursor cursor(plan, begin);
        while (begin < end) {
            const std::int64_t n = std::min(cursor.left_in_run(), end - begin);
            convert_run(plan.dtype[1], cursor.at(1), plan.run_stride(1), plan.dtype[0], cursor.at(0), plan.run_stride(0), n);
            cursor.advance(n);
            begin += n;
        }
    });
}

}  // namespace xgrad::ops
