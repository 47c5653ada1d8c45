#pragma once

#include <algorithm>

#include <xgrad/autograd/functions/factories.h>
#include <xgrad/autograd/ops/convolution/convolution.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/pool_allocator.h>

// How convolutions are computed. The channels that are read are packed with their padding, and where windows move by
// more than one element, by phases: elements that are `stride` apart become neighbours. In a packed channel, seen as
// one long row, the elements that a weight meets are those at the positions of the outputs moved by a constant. So all
// sums are a matrix product with a matrix of overlapping rows that is nowhere stored: row (c, k) begins at offsets[c,
// k]. What stands between the rows of the result, where windows reach over the border, is computed and dropped. The
// transposed map is the same with the weight mirrored, once for each phase of its result, with those weights that reach
// it.
namespace xgrad::ops {

using detail::PoolVector;

/// Calls f(a, b, c) for all triples below `end`, in row-major order.
template <class F>
void for_each(const Triple& end, F f) {
    for (std::int64_t a = 0; a < end[0]; ++a)
        for (std::int64_t b = 0; b < end[1]; ++b)
            for (std::int64_t c = 0; c < end[2]; ++c) f(Triple{a, b, c});
}

/// f(0), f(1), f(2).
template <class F>
Triple by_dim(F f) {
    return {f(0u), f(1u), f(2u)};
}

/// Where the elements that a weight meets begin in a packed channel.
struct Tap {
    std::int64_t phase;
    Triple shift;
    std::int64_t weight;  // its place in the kernel
};

/// Results that are computed together: those at position * target_step + start, from the same taps.
struct Part {
    Triple start;
    PoolVector<Tap> taps;
};

/// What is read and written how, for channels of `source` and `target` elements. Positions are those of results of one
/// part; position q of phase f meets the packed element q + shift, which is source element
/// (q + shift) * source_step + f + source_start.
struct Plan {
    Triple source, target, source_step, target_step, source_start, first, count, reach;
    PoolVector<Triple> phases;
    PoolVector<Part> parts;
};

/// One part, and one tap for each element of the kernel: the narrow side is computed.
Plan gather_plan(const ConvolutionShape& shape);
/// The wide side is computed, one part for each phase of the stride.
Plan spread_plan(const ConvolutionShape& shape);
/// Dimensions that no window reaches across become one.
ConvolutionShape flattened(ConvolutionShape shape);

/// A box of positions and how the channels that it needs are packed.
struct Box {
    Triple first, count;
    Triple size;  // of one phase of a channel
    std::int64_t phase_stride, channel_stride;

    Box(const Plan& plan, const Triple& first_position, const Triple& positions)
        : first(first_position), count(positions) {
        size = by_dim([&](auto d) { return count[d] + plan.reach[d]; });
        phase_stride = product(size);
        // An odd number of cache lines, else channels would share them.
        channel_stride = (divide_up(static_cast<std::int64_t>(plan.phases.size()) * phase_stride, kLaneElements) | 1) *
                         kLaneElements;
    }
    std::int64_t at(const Triple& q) const { return (q[0] * size[1] + q[1]) * size[2] + q[2]; }
    /// From the first to the last position of the box.
    std::int64_t columns() const { return at({count[0] - 1, count[1] - 1, count[2] - 1}) + 1; }
};

/// Positions divided into boxes whose packed channels take at most `limit` elements, if that is possible.
struct Boxes {
    Boxes(const Plan& plan, std::int64_t channels, std::int64_t limit) : whole(plan.count), first(plan.first) {
        size = whole;
        const auto too_large = [&] { return Box(plan, first, size).channel_stride * channels > limit; };
        for (auto& s : size)
            while (s > 1 && too_large()) s = divide_up(s, 2);
        number = by_dim([&](auto d) { return divide_up(whole[d], size[d]); });
    }
    std::int64_t count() const { return product(number); }
    Box box(const Plan& plan, std::int64_t i) const {
        const Triple at = {i / (number[1] * number[2]), i / number[2] % number[1], i % number[2]};
        return Box(plan, by_dim([&](auto d) { return first[d] + at[d] * size[d]; }),
                   by_dim([&](auto d) { return std::min(size[d], whole[d] - at[d] * size[d]); }));
    }

    Triple whole, first, size, number;
};

/// Elements of packed channels that leave room for the rest in the second cache.
constexpr std::int64_t kPackedBytes = 400 << 10;

template <class T>
std::int64_t packed_limit() {
    return kPackedBytes / static_cast<std::int64_t>(sizeof(T));
}

template <class T>
const ConvolutionKernels& kernels_of() {
    return kernels().convolution[float_index(scalar_type_v<T>)];
}

/// Memory for `n` elements and one lane that may be read or written past them.
template <class T>
Tensor scratch(std::int64_t n) {
    return empty({n + kLaneElements}, scalar_type_v<T>);
}

template <class T>
void clear(T* from, std::int64_t n) {
    std::fill_n(from, n, T(0));
}

/// Packs `channels` channels for the box.
template <class T>
void pack(const Plan& plan, const Box& box, const T* source, std::int64_t channels, T* packed);
/// Writes rows of results of a part to the channels that begin at `target`.
template <class T>
void unpack(const Plan& plan, const Part& part, const Box& box, const T* results, std::int64_t stride,
            std::int64_t rows, T* target);
/// Where row (channel, tap) of the matrix begins in packed channels.
PoolVector<std::int64_t> offsets_of(const Part& part, const Box& box, std::int64_t channels);

/// Multiply-adds for which a second thread is worth while.
inline constexpr std::int64_t kParallelWork = std::int64_t{1} << 17;

}  // namespace xgrad::ops
