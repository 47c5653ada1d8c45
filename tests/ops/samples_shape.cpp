#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/grad_mode.h>

#include "samples.h"

using namespace xgrad;

namespace samples {

namespace {

/// The gradient of `f` at a tensor of `sizes`, as a function of the gradient that arrives.
Tensor gradient_of(Tensor (*f)(const Tensor&), IntArrayRef sizes, const Tensor& grad) {
    const AutoGradMode on(true);
    const Tensor x = zeros(sizes, grad.dtype()).requires_grad_();
    return autograd::grad({f(x)}, {x}, {grad}, true, true)[0];
}

}  // namespace

std::vector<Sample> shape_samples() {
    using Inputs = const TensorList&;
    return {
        {"unfold", [](Inputs x) { return x[0].unfold(0, 2, 1).square(); }, {{4}}},
        {"unfold", [](Inputs x) { return x[0].unfold(-1, 3, 2).exp(); }, {{2, 5}}},
        {"unfold", [](Inputs x) { return x[0].unfold(1, 1, 2).exp(); }, {{2, 3, 1}}},
        {"unfold", [](Inputs x) { return x[0].unfold(0, 0, 1); }, {{2}}},
        {"unfold", [](Inputs x) { return x[0].unfold(0, 1, 1).sin(); }, {{}}},
        {"diagonal", [](Inputs x) { return x[0].diagonal().square(); }, {{2, 3}}},
        {"diagonal", [](Inputs x) { return x[0].diagonal(-1, -1, 0).exp(); }, {{3, 2, 3}}},
        {"diagonal", [](Inputs x) { return x[0].diagonal(5).exp(); }, {{3, 2}}},
        {"diagonal", [](Inputs x) { return x[0].diagonal(1); }, {{0, 3}}},
        {"as_strided_scatter", [](Inputs x) { return x[0].diag_embed(1).exp() * x[0].sum(); }, {{2, 2}}},
        {"as_strided_scatter",
         [](Inputs x) {
             return diagonal_backward(x[0], {2, 3}, 1, 1, 0).exp();
         },
         {{1}}},
        {"tril", [](Inputs x) { return x[0].tril().exp(); }, {{3, 3}}},
        {"tril", [](Inputs x) { return x[0].tril(-1).square(); }, {{2, 3, 2}}},
        {"tril", [](Inputs x) { return (x[0] * 1).tril_(1).square(); }, {{3, 4}}},
        {"tril", [](Inputs x) { return x[0].tril(); }, {{2, 0}}},
        {"triu", [](Inputs x) { return x[0].triu().exp(); }, {{3, 3}}},
        {"triu", [](Inputs x) { return x[0].triu(2).square(); }, {{1, 2, 4}}},
        {"triu", [](Inputs x) { return (x[0] * 1).t().triu_().square(); }, {{3, 2}}},
        {"flip",
         [](Inputs x) {
             return x[0].flip({0, -1}).exp() * x[0];
         },
         {{2, 2, 3}}},
        {"flip", [](Inputs x) { return x[0].flip(0).square(); }, {{1, 3}}},
        {"flip", [](Inputs x) { return x[0].flip(1); }, {{2, 0}}},
        {"flip", [](Inputs x) { return x[0].flip({}).exp(); }, {{}}},
        {"roll", [](Inputs x) { return x[0].roll(1).exp() * x[0]; }, {{2, 3}}},
        {"roll",
         [](Inputs x) {
             return x[0].roll({-1, 4}, {-1, 0}).exp() * x[0];
         },
         {{2, 3}}},
        {"roll", [](Inputs x) { return x[0].roll(1, 0); }, {{0, 2}}},
        {"constant_pad_nd",
         [](Inputs x) {
             return constant_pad_nd(x[0], {1, 2}, 3).square();
         },
         {{2, 3}}},
        {"constant_pad_nd",
         [](Inputs x) {
             return pad(x[0], {-1, 1, 2, -1}).exp();
         },
         {{2, 3, 2}}},
        {"constant_pad_nd", [](Inputs x) { return constant_pad_nd(x[0], {}).exp(); }, {{}}},
        {"constant_pad_nd",
         [](Inputs x) {
             return constant_pad_nd(x[0], {1, 1});
         },
         {{2, 0}}},
        {"border_pad",
         [](Inputs x) {
             return pad(x[0], {2, 1}, "reflect").exp();
         },
         {{2, 3}}},
        {"border_pad",
         [](Inputs x) {
             return pad(x[0], {1, -1, 0, 3}, "replicate").exp();
         },
         {{1, 2, 3}}},
        {"border_pad",
         [](Inputs x) {
             return pad(x[0], {1, 2, 2, 1}, "circular").exp();
         },
         {{2, 1, 2, 2}}},
        {"border_pad",
         [](Inputs x) {
             return reflection_pad3d(x[0], {1, 1, 0, 1, 1, 0}).square();
         },
         {{1, 2, 2, 2}}},
        {"border_pad",
         [](Inputs x) {
             return pad(x[0], {1, 1}, "replicate");
         },
         {{0, 2}}},
        {"border_pad_backward",
         [](Inputs x) {
             return gradient_of([](const Tensor& z) { return pad(z, {1, 2}, "reflect"); }, {1, 3}, x[0]).exp();
         },
         {{1, 6}}},
        {"border_pad_backward",
         [](Inputs x) {
             return gradient_of(
                        [](const Tensor& z) {
                            return pad(z, {0, 1, 1, -1}, "circular");
                        },
                        {2, 2, 2}, x[0])
                 .square();
         },
         {{2, 2, 3}}},
        {"addmm", [](Inputs x) { return addmm(x[0], x[1], x[2]); }, {{2, 4}, {2, 3}, {3, 4}}},
        {"addmm", [](Inputs x) { return x[0].addmm(x[1], x[2], 0.5, 2).square(); }, {{2}, {3, 3}, {3, 2}}},
        {"addmm", [](Inputs x) { return (x[0] * 1).addmm_(x[1], x[2], 2).square(); }, {{2, 2}, {2, 3}, {3, 2}}},
        {"addmm", [](Inputs x) { return addmm(x[0], x[1], x[2], 2); }, {{}, {2, 0}, {0, 3}}},
        {"addmm", [](Inputs x) { return x[0].addmv(x[1], x[2], 3).exp(); }, {{2}, {2, 3}, {3}}},
        {"addmm", [](Inputs x) { return x[0].addbmm(x[1], x[2], 3, 2); }, {{2, 2}, {3, 2, 1}, {3, 1, 2}}},
        {"baddbmm", [](Inputs x) { return baddbmm(x[0], x[1], x[2]); }, {{2, 2, 2}, {2, 2, 3}, {2, 3, 2}}},
        {"baddbmm", [](Inputs x) { return x[0].baddbmm(x[1], x[2], 0.5, -2).square(); }, {{2}, {2, 1, 3}, {2, 3, 2}}},
        {"baddbmm", [](Inputs x) { return baddbmm(x[0], x[1], x[2]); }, {{2}, {0, 2, 3}, {0, 3, 2}}},
        {"linalg_cross", [](Inputs x) { return cross(x[0], x[1]).square(); }, {{2, 3}, {2, 3}}},
        {"linalg_cross", [](Inputs x) { return linalg_cross(x[0], x[1], 0); }, {{3, 2}, {3, 1}}},
        {"linalg_cross", [](Inputs x) { return linalg_cross(x[0], x[1]); }, {{0, 3}, {0, 3}}},
    };
}

std::vector<WrongInput> shape_wrong() {
    static const Tensor x = zeros({2, 3}), v = zeros({3}), number = zeros({});
    static Tensor y = zeros({2, 3}), leaf = zeros({2, 3}).requires_grad_();
    return {
        {"unflatten",
         [] {
             x.unflatten(1, {2, 2});
         },
         "shape '[2, 2]' is invalid for input of size 3"},
        {"unflatten", [] { x.unflatten(1, IntArrayRef()); }, "sizes must be non-empty"},
        {"mT", [] { v.mT(); }, "is only supported on matrices or batches of matrices. Got 1-D tensor"},
        {"matrix_H", [] { v.matrix_H(); }, "is only supported on matrices (2-D tensors). Got 1-D tensor"},
        {"movedim",
         [] {
             x.movedim({0, 1}, {0});
         },
         "should contain the same number of dims"},
        {"movedim",
         [] {
             x.movedim({0, -2}, {0, 1});
         },
         "repeated dim in `source` ([0, -2])"},
        {"movedim",
         [] {
             x.movedim({0, 1}, {1, -1});
         },
         "repeated dim in `destination` ([1, -1])"},
        {"squeeze",
         [] {
             x.squeeze({0, 0});
         },
         "appears multiple times in the list of dims"},
        {"squeeze",
         [] {
             x.squeeze({0, 2});
         },
         "Dimension out of range"},
        {"broadcast_tensors",
         [] {
             broadcast_tensors({x, zeros({2})});
         },
         "must match the size of tensor b (2)"},
        {"pixel_shuffle",
         [] {
             pixel_shuffle(zeros({6, 2, 2}), 2);
         },
         "divisible by the square of upscale_factor"},
        {"pixel_shuffle", [] { pixel_shuffle(x, 2); }, "expects input to have at least 3 dimensions"},
        {"pixel_unshuffle",
         [] {
             pixel_unshuffle(zeros({1, 2, 3}), 2);
         },
         "2 x 3 is not divisible by 2"},
        {"pixel_unshuffle",
         [] {
             pixel_unshuffle(zeros({1, 2, 3}), 0);
         },
         "expects a positive downscale_factor"},
        {"channel_shuffle",
         [] {
             channel_shuffle(zeros({1, 3, 2}), 2);
         },
         "must be divisible by groups. Got 3"},
        {"channel_shuffle", [] { channel_shuffle(x, 1); }, "expects input with > 2 dims"},
        {"repeat", [] { x.repeat(2); }, "can not be smaller than number of dimensions of tensor"},
        {"repeat",
         [] {
             x.repeat({1, -1});
         },
         "negative dimension"},
        {"repeat_interleave", [] { x.repeat_interleave(-1); }, "repeats must be non-negative, got -1"},
        {"repeat_interleave",
         [] {
             x.repeat_interleave(tensor({1, 2}), 1);
         },
         "the same size as input along dim"},
        {"repeat_interleave",
         [] {
             x.repeat_interleave(tensor({1, -2}), 0);
         },
         "repeats can not be negative, got -2"},
        {"repeat_interleave", [] { repeat_interleave(zeros({2})); }, "repeats has to be Long or Int tensor"},
        {"repeat_interleave",
         [] {
             repeat_interleave(tensor({1, 2}), std::optional<std::int64_t>(4));
         },
         "does not match required size"},
        {"flip",
         [] {
             x.flip({0, -2});
         },
         "appears multiple times in the list of dims"},
        {"flip", [] { x.flip(2); }, "Dimension out of range"},
        {"fliplr", [] { v.fliplr(); }, "Input must be >= 2-d."},
        {"flipud", [] { number.flipud(); }, "Input must be >= 1-d."},
        {"roll", [] { x.roll(IntArrayRef()); }, "`shifts` required"},
        {"roll",
         [] {
             x.roll({1, 2}, 0);
         },
         "shifts and dimensions must align. shifts: 2, dims:1"},
        {"rot90", [] { v.rot90(); }, "expected total dims >= 2"},
        {"rot90",
         [] {
             x.rot90(1, {0, -2});
         },
         "expected rotation dims to be different"},
        {"rot90", [] { x.rot90(1, {0}); }, "expected total rotation dims == 2"},
        {"hstack", [] { hstack({}); }, "expects a non-empty TensorList"},
        {"vstack", [] { vstack({}); }, "expects a non-empty TensorList"},
        {"dstack", [] { dstack({}); }, "expects a non-empty TensorList"},
        {"column_stack",
         [] {
             column_stack({x, Tensor()});
         },
         "undefined"},
        {"cat",
         [] {
             column_stack({x, zeros({3})});
         },
         "must match except in dimension 1"},
        {"block_diag",
         [] {
             block_diag({x, zeros({1, 1, 1})});
         },
         "Input 1 has 3 dimensions"},
        {"split_with_sizes",
         [] {
             x.split({1, 1}, 1);
         },
         "to sum exactly to 3"},
        {"split_with_sizes",
         [] {
             x.split({-1, 4}, 1);
         },
         "non-negative entries"},
        {"tensor_split", [] { x.tensor_split(0); }, "number of sections must be larger than 0, got 0"},
        {"tensor_split", [] { number.tensor_split(1); }, "expected at least a 1-dimensional tensor"},
        {"tensor_split", [] { x.tensor_split(zeros({1})); }, "to have dtype of long, but got Float"},
        {"hsplit", [] { x.hsplit(2); }, "the size of the dimension 3 is not divisible by the split_size 2"},
        {"hsplit", [] { number.hsplit(1); }, "requires a tensor with at least 1 dimension"},
        {"vsplit", [] { v.vsplit(1); }, "requires a tensor with at least 2 dimensions"},
        {"dsplit", [] { x.dsplit(1); }, "requires a tensor with at least 3 dimensions"},
        {"narrow", [] { x.narrow(0, tensor(0.5), 1); }, "start must be an 0-dim integral Tensor"},
        {"unfold", [] { x.unfold(1, 4, 1); }, "maximum size for tensor at dimension 1 is 3 but size is 4"},
        {"unfold", [] { x.unfold(1, 1, 0); }, "step is 0 but must be > 0"},
        {"unfold", [] { x.unfold(1, -1, 1); }, "size is -1 but must be >= 0"},
        {"diagonal", [] { x.diagonal(0, 0, -2); }, "diagonal dimensions cannot be identical 0, -2"},
        {"diagonal", [] { v.diagonal(); }, "Dimension out of range"},
        {"diagonal_backward",
         [] {
             diagonal_backward(v, {2, 3}, 0, 0, 1);
         },
         "must have the shape of the diagonal (2,)"},
        {"diag_embed", [] { number.diag_embed(); }, "needs at least one dimension"},
        {"diag_embed", [] { v.diag_embed(0, 1, 1); }, "cannot be identical"},
        {"diag",
         [] {
             zeros({1, 1, 1}).diag();
         },
         "Supports 1D or 2D tensors. Got 3D"},
        {"tril", [] { v.tril(); }, "must have at least 2 dimensions, got (3,)"},
        {"triu", [] { number.triu(); }, "must have at least 2 dimensions, got ()"},
        {"triu_", [] { leaf.triu_(); }, "a leaf Variable that requires grad"},
        {"tril_indices", [] { tril_indices(-1, 2); }, "must be non-negative"},
        {"triu_indices", [] { triu_indices(1, -2); }, "must be non-negative"},
        {"pad", [] { pad(x, {1}); }, "Padding length must be divisible by 2"},
        {"pad",
         [] {
             pad(v, {1, 1, 1, 1});
         },
         "Padding length too large"},
        {"pad",
         [] {
             pad(x, {1, 1}, "mirror");
         },
         "Unrecognised padding mode mirror"},
        {"pad",
         [] {
             pad(x, {1, 1}, "reflect", 1);
         },
         "doesn't take in value argument"},
        {"pad",
         [] {
             pad(v, {1, 1}, "reflect");
         },
         "Only 2D, 3D, 4D, 5D padding with non-constant padding"},
        {"pad",
         [] {
             pad(x, {3, 0}, "reflect");
         },
         "Padding size should be less than the corresponding input dimension"},
        {"pad",
         [] {
             pad(x, {4, 0}, "circular");
         },
         "wrapping around more than once"},
        {"pad",
         [] {
             pad(x, {-2, -1}, "replicate");
         },
         "negative padding leaves nothing"},
        {"constant_pad_nd",
         [] {
             constant_pad_nd(x, {-2, -2});
         },
         "resulted in a negative output size"},
        {"constant_pad_nd",
         [] {
             constant_pad_nd(x, {1, 1, 1});
         },
         "must be even"},
        {"reflection_pad1d",
         [] {
             reflection_pad1d(x, {1, 1, 1, 1});
         },
         "padding size is expected to be 2"},
        {"reflection_pad2d",
         [] {
             reflection_pad2d(x, {1, 1, 1, 1});
         },
         "Expected 3D or 4D (batch mode)"},
        {"replication_pad3d", [] { replication_pad3d(x, 1); }, "padding size is expected to be 6, but got: 1"},
        {"meshgrid",
         [] {
             meshgrid({v, x});
         },
         "Expected 0D or 1D tensor in the tensor list but got: (2, 3)"},
        {"meshgrid",
         [] {
             meshgrid({v, tensor({1})});
         },
         "expects all tensors to have the same dtype"},
        {"meshgrid", [] { meshgrid({v}, "yx"); }, "indexing must be one of \"xy\" or \"ij\", but received: yx"},
        {"cartesian_prod",
         [] {
             cartesian_prod({v, x});
         },
         "Expect a 1D vector, but got shape (2, 3)"},
        {"combinations", [] { combinations(x); }, "Expect a 1D vector"},
        {"combinations", [] { combinations(v, -1); }, "Expect a non-negative number, but got -1"},
        {"vander", [] { vander(x); }, "must be a one-dimensional tensor"},
        {"vander", [] { vander(v, -1); }, "must be non-negative"},
        {"addmm", [] { addmm(x, x, x); }, "the last dimension of (2, 3) must equal the second to last of (2, 3)"},
        {"addmm", [] { addmm(zeros({3}), x, x.t()); }, "must broadcast to the shape of the product, (2, 2)"},
        {"addmm", [] { addmm(zeros({}, kFloat64), x, x.t()); }, "expected both operands to have the same dtype"},
        {"addmm",
         [] {
             const Tensor i = ones({1, 1}, kInt64);
             addmm(i, i, i, 0.5);
         },
         "must not be floating point numbers"},
        {"addmm_", [] { zeros({2}).addmm_(x, x.t()); }, "output with shape [2] doesn't match"},
        {"baddbmm", [] { baddbmm(x, x, x); }, "expects two batches of as many matrices"},
        {"baddbmm_",
         [] {
             zeros({2, 2}).baddbmm_(zeros({1, 2, 3}), zeros({1, 3, 2}));
         },
         "doesn't match"},
        {"addmv", [] { addmv(v, x, x); }, "vector + matrix @ vector expected, got 1, 2, 2"},
        {"addmv", [] { addmv(v, x, zeros({2})); }, "size mismatch"},
        {"addr", [] { addr(x, x, v); }, "Expected 1-D arguments vec1 and vec2"},
        {"addr_", [] { y.addr_(v, v); }, "output with shape [2, 3] doesn't match"},
        {"addbmm", [] { addbmm(x, x, x); }, "expects two batches"},
        {"dot", [] { v.dot(zeros({2})); }, "inconsistent tensor size"},
        {"inner", [] { x.inner(zeros({2})); }, "must match on both input tensors but got shapes [2, 3] and [2]"},
        {"outer", [] { x.outer(v); }, "Expected 1-D arguments self and vec2"},
        {"linalg_cross", [] { x.cross(x, 0); }, "must have length 3. Got 2 and 2"},
        {"linalg_cross", [] { linalg_cross(x, v); }, "must have the same number of dimensions"},
        {"cross",
         [] {
             zeros({2, 2}).cross(zeros({2, 2}));
         },
         "no dimension of size 3 in input (2, 2)"},
        {"trace", [] { v.trace(); }, "expected a matrix, but got tensor with dim 1"},
        {"bilinear",
         [] {
             bilinear(x, x, zeros({1, 3, 2}));
         },
         "must be the last two of the weight (1, 3, 2)"},
        {"bilinear",
         [] {
             bilinear(x, v, zeros({1, 3, 3}));
         },
         "input dimensions do not match"},
        {"linalg_multi_dot", [] { linalg_multi_dot({x}); }, "expected at least 2 tensors but got 1"},
        {"linalg_multi_dot",
         [] {
             linalg_multi_dot({x, v, x});
         },
         "tensor 1 must be 2D but got 1D"},
        {"linalg_multi_dot",
         [] {
             linalg_multi_dot({x, x});
         },
         "[2, 3] and [2, 3] cannot be multiplied"},
        {"chain_matmul",
         [] {
             chain_matmul({x, v});
         },
         "Tensor dimension is 1, expected 2"},
        {"tensordot",
         [] {
             tensordot(x, x, {0, 1}, 0);
         },
         "both dimension lists should have same length"},
        {"tensordot", [] { tensordot(x, x, 0, 1); }, "first has size 2 in dim 0 and second has size 3 in dim 1"},
        {"tensordot",
         [] {
             tensordot(x, x, {0, 0}, {0, 0});
         },
         "appears multiple times"},
        {"einsum", [] { einsum("ij", {}); }, "must provide at least one operand"},
        {"einsum", [] { einsum("ij,jk", {x}); }, "fewer operands were provided than specified"},
        {"einsum",
         [] {
             einsum("ij", {x, x});
         },
         "more operands were provided than specified"},
        {"einsum", [] { einsum("i1", {x}); }, "subscripts must be in [a-zA-Z]"},
        {"einsum", [] { einsum("i.j", {x}); }, "not part of any ellipsis"},
        {"einsum", [] { einsum("...i...", {x}); }, "an ellipsis was already found"},
        {"einsum", [] { einsum("ijk", {x}); }, "(3) does not match the number of dimensions (2) for operand 0"},
        {"einsum", [] { einsum("ijk...", {x}); }, "(3) is more than the number of dimensions (2) for operand 0"},
        {"einsum", [] { einsum("ij->ii", {x}); }, "output subscript i appears more than once"},
        {"einsum", [] { einsum("ij->k", {x}); }, "output subscript k does not appear in the equation"},
        {"einsum", [] { einsum("ii", {x}); },
         "subscript i is repeated for operand 0 but the sizes don't match, 3 != 2"},
        {"einsum",
         [] {
             einsum("ij,ji", {x, x});
         },
         "does not broadcast with previously seen size"},
        {"einsum",
         [] {
             einsum("i,i,i", {v, v, v}, {0, 1});
         },
         "to have size 4 but got 2"},
        {"einsum",
         [] {
             einsum("i,i", {v, v}, {0, 2});
         },
         "invalid contraction path (0, 2)"},
    };
}

}  // namespace samples
