#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/indexing/index_walk.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/shape/convert.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad::ops {

namespace {

constexpr std::int64_t kBlock = 512;   // elements in a staging buffer: all of them fit the first-level cache
constexpr std::int64_t kLongRun = 64;  // from here on a run is worth a kernel call of its own
constexpr std::size_t kMaxOperands = kMaxMapInputs + kMaxMapOutputs;
using detail::kMaxRank;

constexpr std::int64_t kShortRun = 8;       // up to here a run is copied faster than a function is called
constexpr std::int64_t kTileBytes = 16384;  // a buffer for transposing: half of the first-level cache
constexpr std::int64_t kTileColumns = 64;
constexpr std::int64_t kMinTile = 8;          // transposing fewer rows or columns saves nothing
constexpr std::int64_t kLargeOperand = 8192;  // elements from which on the cache does not forgive walking across rows

/// The outputs (the first operands; several are laid out alike) and the inputs over one common shape, with dimensions
/// merged where all of them allow it.
struct Plan {
    ManyMapKernel kernel;
    const void* row;
    ScalarType compute, produce;
    std::size_t operands = 0, outputs = 1, rank = 0;
    std::int64_t numel = 0;
    std::int64_t sizes[kMaxRank];
    std::int64_t strides[kMaxOperands][kMaxRank];
    std::byte* data[kMaxOperands];
    ScalarType dtype[kMaxOperands];
    bool linear[kMaxOperands];  // row-major contiguous over the whole shape, and of the kernel's dtype
    bool streams;               // whether the results are so large that they pass the caches by

    std::int64_t run_length() const { return rank ? sizes[rank - 1] : 1; }
    std::int64_t run_stride(std::size_t k) const { return rank ? strides[k][rank - 1] : 0; }
    ScalarType kernel_dtype(std::size_t k) const { return k < outputs ? produce : compute; }
};

void set_shape(Plan& plan, IntArrayRef shape) {
    plan.rank = shape.size();
    std::copy(shape.begin(), shape.end(), plan.sizes);
}

/// After set_shape, before coalesce.
void add_operand(Plan& plan, const Tensor& tensor) {
    const std::size_t k = plan.operands++;
    const auto& impl = *tensor.unsafeGetTensorImpl();
    plan.data[k] = static_cast<std::byte*>(impl.data());
    plan.dtype[k] = impl.dtype;
    const std::size_t missing = plan.rank - impl.sizes.size();
    for (std::size_t d = 0; d < plan.rank; ++d)
        plan.strides[k][d] = d < missing || impl.sizes[d - missing] == 1 ? 0 : impl.strides[d - missing];
}

/// Orders the dimensions as they lie in the memory of the outputs, drops those of size 1 and merges neighbours that
/// every operand steps through evenly.
void coalesce(Plan& plan) {
    for (std::size_t i = 1; i < plan.rank; ++i)
        for (std::size_t d = i; d > 0 && plan.strides[0][d - 1] < plan.strides[0][d]; --d) {
            std::swap(plan.sizes[d - 1], plan.sizes[d]);
            for (std::size_t k = 0; k < plan.operands; ++k) std::swap(plan.strides[k][d - 1], plan.strides[k][d]);
        }
    std::size_t to = 0;
    for (std::size_t d = 0; d < plan.rank; ++d) {
        const std::int64_t size = plan.sizes[d];
        if (size == 1) continue;
        bool joins = to > 0;
        for (std::size_t k = 0; k < plan.operands && joins; ++k)
            joins = plan.strides[k][to - 1] == plan.strides[k][d] * size;
        if (!joins) ++to;
        plan.sizes[to - 1] = joins ? plan.sizes[to - 1] * size : size;
        for (std::size_t k = 0; k < plan.operands; ++k) plan.strides[k][to - 1] = plan.strides[k][d];
    }
    plan.rank = to;
    for (std::size_t k = 0; k < plan.operands; ++k) {
        plan.linear[k] = plan.dtype[k] == plan.kernel_dtype(k);
        std::int64_t step = 1;
        for (std::size_t d = to; d-- > 0; step *= plan.sizes[d]) plan.linear[k] &= plan.strides[k][d] == step;
    }
    // What is written in place has been read into the caches already.
    plan.streams = plan.linear[0] && std::count(plan.data, plan.data + plan.operands, plan.data[0]) == 1 &&
                   static_cast<std::size_t>(plan.numel * element_size(plan.produce)) >= kStreamFrom;
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

    /// How many runs are left of the present dimension of runs. The position is the beginning of one.
    std::int64_t left_of_runs() const { return plan_.sizes[plan_.rank - 2] - index_[plan_.rank - 2]; }

    /// Moves on by n elements of the present run.
    void advance(std::int64_t n) { advance_along(plan_.rank, n); }
    /// Moves on by n runs of the present dimension of runs.
    void advance_runs(std::int64_t n) { advance_along(plan_.rank - 1, n); }

  private:
    /// Moves on by n steps of the last of the first `count` dimensions.
    void advance_along(std::size_t count, std::int64_t n) {
        for (std::size_t d = count; d-- > 0; n = 1) {
            index_[d] += n;
            for (std::size_t k = 0; k < plan_.operands; ++k) offset_[k] += n * plan_.strides[k][d];
            if (index_[d] < plan_.sizes[d]) return;
            for (std::size_t k = 0; k < plan_.operands; ++k) offset_[k] -= index_[d] * plan_.strides[k][d];
            index_[d] = 0;
        }
    }

    const Plan& plan_;
    std::int64_t index_[kMaxRank];
    std::int64_t offset_[kMaxOperands] = {};
};

using Buffer = std::byte[kBlock * 8];

/// Computes n elements of each result. Those that pass the caches by are staged in blocks of the first level, which
/// costs little and serves every kernel.
void compute(const Plan& plan, void* const* out, const void* const* in, std::int64_t n) {
    if (!plan.streams) return plan.kernel(plan.row, out, in, n);
    alignas(64) Buffer staged[kMaxMapOutputs];
    void* to[kMaxMapOutputs];
    for (std::size_t k = 0; k < plan.outputs; ++k) to[k] = staged[k];
    const void* from[kMaxMapInputs];
    std::copy(in, in + plan.operands - plan.outputs, from);
    for (std::int64_t done = 0; done < n; done += kBlock) {
        const std::int64_t m = std::min(kBlock, n - done);
        plan.kernel(plan.row, to, from, m);
        for (std::size_t k = 0; k < plan.outputs; ++k)
            kernels().stream(static_cast<std::byte*>(out[k]) + done * element_size(plan.produce), staged[k],
                             static_cast<std::size_t>(m * element_size(plan.produce)));
        for (std::size_t k = 0; k + plan.outputs < plan.operands; ++k)
            from[k] = static_cast<const std::byte*>(from[k]) + m * element_size(plan.compute);
    }
}

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
        void* at[kMaxOperands];  // where the kernel finds the operands
        for (std::size_t k = 0; k < plan.operands; ++k) {
            at[k] = direct[k] ? cursor.at(k) : buffers[k];
            const bool repeats = plan.run_stride(k) == 0;
            if (k < plan.outputs || direct[k] || (repeats && repeated[k] == cursor.at(k))) continue;
            convert_run(plan.dtype[k], cursor.at(k), plan.run_stride(k), plan.compute, buffers[k], 1,
                        repeats ? kBlock : n);
            repeated[k] = repeats ? cursor.at(k) : nullptr;
        }
        compute(plan, at, at + plan.outputs, n);
        for (std::size_t k = 0; k < plan.outputs; ++k)
            if (!direct[k])
                convert_run(plan.produce, buffers[k], 1, plan.dtype[k], cursor.at(k), plan.run_stride(k), n);
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
        void* at[kMaxOperands];  // where the kernel finds the operands
        for (std::size_t k = 0; k < plan.operands; ++k)
            at[k] = plan.linear[k] ? plan.data[k] + begin * element_size(plan.dtype[k]) : buffers[k];
        const Cursor start = cursor;
        for (std::int64_t done = 0; done < n;) {
            const std::int64_t m = std::min(cursor.left_in_run(), n - done);
            for (std::size_t k = plan.outputs; k < plan.operands; ++k)
                if (!plan.linear[k])
                    convert_run(plan.dtype[k], cursor.at(k), plan.run_stride(k), plan.compute,
                                buffers[k] + done * element_size(plan.compute), 1, m);
            cursor.advance(m);
            done += m;
        }
        compute(plan, at, at + plan.outputs, n);
        for (std::size_t k = 0; k < plan.outputs; ++k) {
            if (plan.linear[k]) continue;
            Cursor back = start;
            for (std::int64_t done = 0; done < n;) {
                const std::int64_t m = std::min(back.left_in_run(), n - done);
                convert_run(plan.produce, buffers[k] + done * element_size(plan.produce), 1, plan.dtype[k], back.at(k),
                            plan.run_stride(k), m);
                back.advance(m);
                done += m;
            }
        }
        begin += n;
    }
}

/// The dimension along which operand k is contiguous, if that is not the innermost; `rank` if it is, or none is.
/// Walking along the innermost would then take a cache line for every element.
std::size_t transposed_dim(const Plan& plan, std::size_t k) {
    if (plan.run_length() < kMinTile || plan.run_stride(k) <= 1) return plan.rank;
    for (std::size_t d = 0; d + 1 < plan.rank; ++d)
        if (plan.strides[k][d] == 1 && plan.sizes[d] >= kMinTile) return d;
    return plan.rank;
}

/// A rectangle of a copy whose source is contiguous along its rows, while the target's columns lie close together.
struct Tile {
    std::size_t row_dim;
    std::int64_t rows, columns;
    std::int64_t offset[2] = {};  // of target and source

    Tile(const Plan& plan, std::size_t row_dimension, std::int64_t number) : row_dim(row_dimension) {
        const std::size_t last = plan.rank - 1;
        const std::int64_t column = take(plan, last, kTileColumns, number);
        const std::int64_t row = take(plan, row_dim, most_rows(plan), number);
        columns = std::min(kTileColumns, plan.sizes[last] - column);
        rows = std::min(most_rows(plan), plan.sizes[row_dim] - row);
        for (std::size_t d = last; d-- > 0;)
            if (d != row_dim) take(plan, d, 1, number);
    }

    static std::int64_t most_rows(const Plan& plan) {
        return kTileBytes / (kTileColumns * element_size(plan.dtype[1]));
    }
    static std::int64_t count(const Plan& plan, std::size_t row_dim) {
        const std::int64_t rows = plan.sizes[row_dim], columns = plan.run_length();
        return plan.numel / (rows * columns) * blocks(rows, most_rows(plan)) * blocks(columns, kTileColumns);
    }

  private:
    static std::int64_t blocks(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

    /// Splits the number of a block of `size` along dimension d off `number` and goes there.
    std::int64_t take(const Plan& plan, std::size_t d, std::int64_t size, std::int64_t& number) {
        const std::int64_t at = number % blocks(plan.sizes[d], size) * size;
        number /= blocks(plan.sizes[d], size);
        for (std::size_t k = 0; k < 2; ++k) offset[k] += at * plan.strides[k][d];
        return at;
    }
};

void copy_tile(const Plan& plan, const Tile& tile) {
    alignas(64) std::byte buffer[kTileBytes];
    const std::int64_t from_size = element_size(plan.dtype[1]), to_size = element_size(plan.dtype[0]);
    visit_dtype(plan.dtype[1], [&](auto v) {
        using T = decltype(v);
        const T* source = reinterpret_cast<const T*>(plan.data[1]) + tile.offset[1];
        T* rows = reinterpret_cast<T*>(buffer);
        const std::int64_t stride = plan.run_stride(1);
        for (std::int64_t c = 0; c < tile.columns; ++c)
            for (std::int64_t r = 0; r < tile.rows; ++r) rows[r * kTileColumns + c] = source[c * stride + r];
    });
    for (std::int64_t r = 0; r < tile.rows; ++r)
        convert_run(plan.dtype[1], buffer + r * kTileColumns * from_size, 1, plan.dtype[0],
                    plan.data[0] + (tile.offset[0] + r * plan.strides[0][tile.row_dim]) * to_size, plan.run_stride(0),
                    tile.columns);
}

/// `rows` runs of Run elements each.
template <int Run, class T>
void copy_rows(const Plan& plan, const T* from, T* to, std::int64_t rows) {
    const std::size_t r = plan.rank - 2;
    const std::int64_t from_row = plan.strides[1][r], to_row = plan.strides[0][r], from_step = plan.run_stride(1),
                       to_step = plan.run_stride(0);
    for (std::int64_t i = 0; i < rows; ++i)
        for (int c = 0; c < Run; ++c) to[i * to_row + c * to_step] = from[i * from_row + c * from_step];
}

/// Runs [begin, end) of a copy without conversion whose runs are short: a dimension of them at a time.
template <class T>
void copy_short_runs(const Plan& plan, std::int64_t begin, std::int64_t end) {
    constexpr decltype(&copy_rows<1, T>) kBySize[] = {copy_rows<1, T>, copy_rows<2, T>,        copy_rows<3, T>,
                                                      copy_rows<4, T>, copy_rows<5, T>,        copy_rows<6, T>,
                                                      copy_rows<7, T>, copy_rows<kShortRun, T>};
    const auto rows = kBySize[plan.run_length() - 1];
    Cursor cursor(plan, begin * plan.run_length());
    while (begin < end) {
        const std::int64_t n = std::min(cursor.left_of_runs(), end - begin);
        rows(plan, reinterpret_cast<const T*>(cursor.at(1)), reinterpret_cast<T*>(cursor.at(0)), n);
        cursor.advance_runs(n);
        begin += n;
    }
}

/// Copies operand 1 to operand 0.
void run_copy(const Plan& plan) {
    if (const std::size_t row_dim = transposed_dim(plan, 1); row_dim < plan.rank) {
        const std::int64_t grain = kGrain / (Tile::most_rows(plan) * kTileColumns);
        detail::parallel_for(0, Tile::count(plan, row_dim), grain, [&](std::int64_t begin, std::int64_t end) {
            for (; begin < end; ++begin) copy_tile(plan, Tile(plan, row_dim, begin));
        });
        return;
    }
    if (plan.streams && plan.linear[1] && plan.dtype[0] == plan.dtype[1]) {
        const std::int64_t size = element_size(plan.dtype[0]);
        return detail::parallel_for(0, plan.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
            kernels().stream(plan.data[0] + begin * size, plan.data[1] + begin * size,
                             static_cast<std::size_t>((end - begin) * size));
            kernels().fence_streams();
        });
    }
    if (plan.rank >= 2 && plan.run_length() <= kShortRun && plan.dtype[0] == plan.dtype[1]) {
        const std::int64_t run = plan.run_length();
        return detail::parallel_for(0, plan.numel / run, kGrain / run, [&](std::int64_t begin, std::int64_t end) {
            visit_element(plan.dtype[0], [&](auto v) { copy_short_runs<decltype(v)>(plan, begin, end); });
        });
    }
    detail::parallel_for(0, plan.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
        Cursor cursor(plan, begin);
        while (begin < end) {
            const std::int64_t n = std::min(cursor.left_in_run(), end - begin);
            convert_run(plan.dtype[1], cursor.at(1), plan.run_stride(1), plan.dtype[0], cursor.at(0),
                        plan.run_stride(0), n);
            cursor.advance(n);
            begin += n;
        }
    });
}

/// Replaces operand k by a copy that lies in memory as the plan walks, in the kernel's dtype.
Tensor straighten(Plan& plan, std::size_t k) {
    Plan sub;
    sub.operands = 2;
    sub.rank = plan.rank;
    sub.numel = 1;
    for (std::size_t d = plan.rank; d-- > 0;) {
        const bool repeats = plan.strides[k][d] == 0;
        sub.sizes[d] = repeats ? 1 : plan.sizes[d];
        sub.strides[0][d] = repeats ? 0 : sub.numel;
        sub.strides[1][d] = plan.strides[k][d];
        sub.numel *= sub.sizes[d];
    }
    Tensor straight = empty({sub.numel}, plan.compute);
    sub.compute = sub.dtype[1] = plan.dtype[k];
    sub.produce = sub.dtype[0] = plan.compute;
    sub.data[1] = plan.data[k];
    sub.data[0] = static_cast<std::byte*>(straight.unsafeGetTensorImpl()->data());
    std::copy(sub.strides[0], sub.strides[0] + plan.rank, plan.strides[k]);
    plan.data[k] = sub.data[0];
    plan.dtype[k] = plan.compute;
    coalesce(sub);
    run_copy(sub);
    return straight;
}

void run_linear(const Plan& plan, std::int64_t begin, std::int64_t end) {
    void* at[kMaxOperands];
    for (std::size_t k = 0; k < plan.operands; ++k) at[k] = plan.data[k] + begin * element_size(plan.kernel_dtype(k));
    compute(plan, at, at + plan.outputs, end - begin);
}

/// Whether all operands are contiguous, of one shape, of the kernel's dtype, and too few elements to be divided.
bool is_small(ScalarType compute, ScalarType produce, const Tensor& out, std::span<const Tensor* const> inputs) {
    const auto& target = *out.unsafeGetTensorImpl();
    bool plain = target.contiguous && target.dtype == produce && target.numel <= kGrain;
    for (const Tensor* input : inputs) {
        const auto& impl = *input->unsafeGetTensorImpl();
        plain &= impl.contiguous && impl.numel == target.numel && impl.dtype == compute;
    }
    return plain;
}

/// Runs a plan whose kernel, dtypes and number of outputs are set.
void run(Plan& plan, std::span<const Tensor> outs, std::span<const Tensor* const> inputs) {
    plan.numel = outs[0].numel();
    plan.outputs = outs.size();
    set_shape(plan, outs[0].sizes());
    for (const Tensor& out : outs) add_operand(plan, out);
    for (const Tensor* input : inputs) add_operand(plan, *input);
    coalesce(plan);
    Tensor straight[kMaxMapInputs];
    bool any_straight = false;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t k = plan.outputs + i;
        if (inputs[i]->numel() < kLargeOperand || transposed_dim(plan, k) == plan.rank) continue;
        straight[i] = straighten(plan, k);
        any_straight = true;
    }
    if (any_straight) coalesce(plan);
    const bool linear = std::all_of(plan.linear, plan.linear + plan.operands, [](bool b) { return b; });
    const auto part = linear ? run_linear : plan.run_length() >= kLongRun ? run_by_run : block_by_block;
    detail::parallel_for(0, plan.numel, kGrain, [&](std::int64_t b, std::int64_t e) {
        part(plan, b, e);
        if (plan.streams) kernels().fence_streams();
    });
}

struct Single {
    MapKernel kernel;
    const void* row;
};

void run_single(const void* row, void* const* out, const void* const* in, std::int64_t n) {
    const Single& single = *static_cast<const Single*>(row);
    single.kernel(single.row, out[0], in, n);
}

}  // namespace

void map(MapKernel kernel, const void* row, ScalarType compute, ScalarType produce, const Tensor& out,
         std::span<const Tensor* const> inputs) {
    if (out.numel() == 0) return;
    if (is_small(compute, produce, out, inputs)) {
        const void* in[kMaxMapInputs];
        for (std::size_t k = 0; k < inputs.size(); ++k) in[k] = inputs[k]->unsafeGetTensorImpl()->data();
        return kernel(row, out.unsafeGetTensorImpl()->data(), in, out.unsafeGetTensorImpl()->numel);
    }
    const Single single{kernel, row};
    Plan plan;
    plan.kernel = run_single;
    plan.row = &single;
    plan.compute = compute;
    plan.produce = produce;
    run(plan, {&out, 1}, inputs);
}

void map_many(ManyMapKernel kernel, const void* row, ScalarType compute, ScalarType produce,
              std::span<const Tensor> outs, std::span<const Tensor* const> inputs) {
    if (outs.empty() || outs[0].numel() == 0) return;
    if (is_small(compute, produce, outs[0], inputs)) {
        void* out[kMaxMapOutputs];
        const void* in[kMaxMapInputs];
        for (std::size_t k = 0; k < outs.size(); ++k) out[k] = outs[k].unsafeGetTensorImpl()->data();
        for (std::size_t k = 0; k < inputs.size(); ++k) in[k] = inputs[k]->unsafeGetTensorImpl()->data();
        return kernel(row, out, in, outs[0].numel());
    }
    Plan plan;
    plan.kernel = kernel;
    plan.row = row;
    plan.compute = compute;
    plan.produce = produce;
    run(plan, outs, inputs);
}

void copy(const Tensor& out, const Tensor& source) {
    if (out.numel() == 0) return;
    Plan plan;
    plan.compute = source.dtype();
    plan.produce = out.dtype();
    plan.numel = out.numel();
    set_shape(plan, out.sizes());
    add_operand(plan, out);
    add_operand(plan, source);
    coalesce(plan);
    run_copy(plan);
}

}  // namespace xgrad::ops
