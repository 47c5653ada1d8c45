#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/pooling/spatial.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <string>

namespace xgrad {

namespace ops {

namespace {

using Pair = std::array<std::int64_t, 2>;

/// Blocks of an image and how they lie in it.
struct Blocks {
    Pair image, kernel, dilation, padding, stride, count;

    std::int64_t image_size() const { return image[0] * image[1]; }
    std::int64_t kernel_size() const { return kernel[0] * kernel[1]; }
    std::int64_t number() const { return count[0] * count[1]; }
    /// The first and the end of those blocks along a dimension whose element k lies in the image.
    Pair inside(std::size_t d, std::int64_t k) const {
        const std::int64_t base = k * dilation[d] - padding[d];
        const std::int64_t first = std::clamp<std::int64_t>(-divide_down(base, stride[d]), 0, count[d]);
        return {first, std::clamp(-divide_down(base - image[d], stride[d]), first, count[d])};
    }
};

/// Calls f(column row, first, last, image element of the first) for the stretches of a channel's rows of columns that
/// lie in the image.
template <class F>
void for_each_stretch(const Blocks& b, F f) {
    for (std::int64_t i = 0; i < b.kernel[0]; ++i)
        for (std::int64_t j = 0; j < b.kernel[1]; ++j) {
            const auto [top, bottom] = b.inside(0, i);
            const auto [left, right] = b.inside(1, j);
            const std::int64_t row = (i * b.kernel[1] + j) * b.number();
            for (std::int64_t y = top; y < bottom; ++y) {
                const std::int64_t line = y * b.stride[0] + i * b.dilation[0] - b.padding[0];
                f(row + y * b.count[1] + left, right - left,
                  line * b.image[1] + left * b.stride[1] + j * b.dilation[1] - b.padding[1]);
            }
        }
}

/// Calls f(image, columns) for the two sides of each channel, with threads.
template <class T, class F>
void for_each_channel(const Blocks& b, const Tensor& image, const Tensor& columns, F f) {
    const std::int64_t size = b.image_size(), rows = b.kernel_size() * b.number();
    const std::int64_t channels = image.size(0) * image.size(1);
    const std::int64_t grain = kGrain / std::max<std::int64_t>(rows, 1);
    detail::parallel_for(0, channels, grain, [&](std::int64_t c, std::int64_t end) {
        for (; c < end; ++c) f(image.data_ptr<T>() + c * size, columns.data_ptr<T>() + c * rows);
    });
}

/// The operation on a batch of batches.
template <class Op>
Batched more_images(const Op& op, const Tensor& x) {
    const Tensor y = detail_op::apply(op, x.flatten(0, 1));
    detail::Dims sizes = y.sizes();
    sizes[0] = x.size(1);
    sizes.insert(0, x.size(0));
    return {y.reshape(sizes), 0};
}

struct Im2Col {
    static constexpr const char* name = "im2col";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Blocks blocks;

    Tensor forward(const Tensor& x) const {
        const Tensor image = x.contiguous();
        Tensor columns = zeros({x.size(0), x.size(1) * blocks.kernel_size(), blocks.number()}, x.dtype());
        visit_float(x.dtype(), [&]<class T>(T) {
            for_each_channel<T>(blocks, image, columns, [&](const T* from, T* to) {
                for_each_stretch(blocks, [&](std::int64_t column, std::int64_t length, std::int64_t at) {
                    for (std::int64_t k = 0; k < length; ++k) to[column + k] = from[at + k * blocks.stride[1]];
                });
            });
        });
        return columns;
    }
    void vjp(Vjp& b) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return more_images(*this, x[0].movedim(dims[0], 0));
    }
};

struct Col2Im {
    static constexpr const char* name = "col2im";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    Blocks blocks;

    Tensor forward(const Tensor& x) const {
        const Tensor columns = x.contiguous();
        Tensor image =
            zeros({x.size(0), x.size(1) / blocks.kernel_size(), blocks.image[0], blocks.image[1]}, x.dtype());
        visit_float(x.dtype(), [&]<class T>(T) {
            for_each_channel<T>(blocks, image, columns, [&](T* to, const T* from) {
                for_each_stretch(blocks, [&](std::int64_t column, std::int64_t length, std::int64_t at) {
                    for (std::int64_t k = 0; k < length; ++k) to[at + k * blocks.stride[1]] += from[column + k];
                });
            });
        });
        return image;
    }
    void vjp(Vjp& b) const;
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return more_images(*this, x[0].movedim(dims[0], 0));
    }
};

using BlockOps = Family<Im2Col, Col2Im>;

void Im2Col::vjp(Vjp& b) const { b.set(0, BlockOps::apply(Col2Im{blocks}, b.grad())); }
void Col2Im::vjp(Vjp& b) const { b.set(0, BlockOps::apply(Im2Col{blocks}, b.grad())); }

Pair pair(const char* name, const char* what, IntArrayRef list, std::int64_t least) {
    if (list.size() != 1 && list.size() != 2)
        raise<ValueError>(name, "It is expected ", what, " equals to 2, but got size ", list.size());
    const Pair out = {list.front(), list.back()};
    if (std::min(out[0], out[1]) < least)
        raise<ValueError>(name, what,
                          least > 0 ? " should be greater than zero, but got " : " should be non-negative, but got ",
                          list);
    return out;
}

Blocks blocks_of(const char* name, IntArrayRef image, IntArrayRef kernel, IntArrayRef dilation, IntArrayRef padding,
                 IntArrayRef stride) {
    Blocks b{pair(name, "output_size", image, 1), pair(name, "kernel_size", kernel, 1),
             pair(name, "dilation", dilation, 1), pair(name, "padding", padding, 0),
             pair(name, "stride", stride, 1),     {}};
    for (std::size_t d = 0; d < 2; ++d)
        b.count[d] =
            divide_down(b.image[d] + 2 * b.padding[d] - b.dilation[d] * (b.kernel[d] - 1) - 1, b.stride[d]) + 1;
    if (std::min(b.count[0], b.count[1]) < 1)
        raise<ShapeError>(name, "Given input with spatial size ", image, ", kernel_size=", kernel,
                          ", dilation=", dilation, ", padding=", padding, ", stride=", stride,
                          ", calculated shape of the array of sliding blocks as ", IntArrayRef(b.count),
                          ", but its components must be at least one");
    return b;
}

void check_float(const char* name, const Tensor& x) {
    check_defined(name, x);
    if (!x.is_floating_point()) raise<DtypeError>(name, "needs an input of floating point dtype, got ", x.dtype());
}

}  // namespace

std::vector<OpInfo> im2col_operations() { return BlockOps::table(); }

}  // namespace ops

Tensor im2col(const Tensor& self, IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding,
              IntArrayRef stride) {
    constexpr const char* name = "im2col";
    ops::check_float(name, self);
    if (self.dim() != 3 && self.dim() != 4)
        raise<ShapeError>(name, "Expected 3D or 4D (batch mode) tensor for input, but got: ", self.sizes());
    const auto blocks =
        ops::blocks_of(name, self.sizes().slice(self.sizes().size() - 2, 2), kernel_size, dilation, padding, stride);
    if (self.dim() == 4) return ops::BlockOps::apply(ops::Im2Col{blocks}, self);
    return ops::BlockOps::apply(ops::Im2Col{blocks}, self.unsqueeze(0)).squeeze(0);
}

Tensor col2im(const Tensor& self, IntArrayRef output_size, IntArrayRef kernel_size, IntArrayRef dilation,
              IntArrayRef padding, IntArrayRef stride) {
    constexpr const char* name = "col2im";
    ops::check_float(name, self);
    if (self.dim() != 2 && self.dim() != 3)
        raise<ShapeError>(name, "Expected 2D or 3D (batch mode) tensor for input, but got: ", self.sizes());
    const auto blocks = ops::blocks_of(name, output_size, kernel_size, dilation, padding, stride);
    const std::int64_t rows = self.size(-2), columns = self.size(-1);
    if (rows % blocks.kernel_size() != 0)
        raise<ShapeError>(name, "Expected size of input's dimension 1 to be divisible by the product of kernel_size, ",
                          "but got input.size(1)=", rows, " and kernel_size=", kernel_size);
    if (columns != blocks.number())
        raise<ShapeError>(name, "Given output_size=", output_size, ", kernel_size=", kernel_size,
                          ", dilation=", dilation, ", padding=", padding, ", stride=", stride,
                          ", expected size of input's dimension 2 to match the calculated number of sliding blocks ",
                          blocks.count[0], " * ", blocks.count[1], " = ", blocks.number(),
                          ", but got input.size(2)=", columns);
    if (self.dim() == 3) return ops::BlockOps::apply(ops::Col2Im{blocks}, self);
    return ops::BlockOps::apply(ops::Col2Im{blocks}, self.unsqueeze(0)).squeeze(0);
}

}  // namespace xgrad
