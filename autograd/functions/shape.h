#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Shape. Views share memory with their source where they can. Dimensions may count from the end: -1 is the last.
namespace xgrad {

// --- The same elements in another shape

Tensor reshape(const Tensor& self, IntArrayRef shape);
Tensor flatten(const Tensor& self, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
/// Dimension `dim` becomes several of the given sizes, one of which may be -1.
Tensor unflatten(const Tensor& self, std::int64_t dim, IntArrayRef sizes);
/// One contiguous dimension: a view where that is possible.
Tensor ravel(const Tensor& self);
Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1);
/// As transpose.
Tensor swapaxes(const Tensor& self, std::int64_t axis0, std::int64_t axis1);
Tensor swapdims(const Tensor& self, std::int64_t dim0, std::int64_t dim1);
/// Transpose of a matrix; fewer dimensions stay as they are.
Tensor t(const Tensor& self);
/// Transpose of the last two dimensions.
Tensor adjoint(const Tensor& self);
Tensor permute(const Tensor& self, IntArrayRef dims);
/// Moves dimension `source` to position `destination`; the others keep their order.
Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination);
/// Moves every dimension source[i] to position destination[i].
Tensor movedim(const Tensor& self, IntArrayRef source, IntArrayRef destination);
/// As movedim.
Tensor moveaxis(const Tensor& self, std::int64_t source, std::int64_t destination);
Tensor moveaxis(const Tensor& self, IntArrayRef source, IntArrayRef destination);
/// Drops dimensions of size 1: all of them, or those given.
Tensor squeeze(const Tensor& self);
Tensor squeeze(const Tensor& self, std::int64_t dim);
Tensor squeeze(const Tensor& self, IntArrayRef dim);
Tensor unsqueeze(const Tensor& self, std::int64_t dim);
/// Dimensions of size 1 are put in front, or behind for atleast_3d, until there are as many.
Tensor atleast_1d(const Tensor& self);
std::vector<Tensor> atleast_1d(const TensorList& tensors);
Tensor atleast_2d(const Tensor& self);
std::vector<Tensor> atleast_2d(const TensorList& tensors);
/// (n) becomes (1, n, 1) and (m, n) becomes (m, n, 1).
Tensor atleast_3d(const Tensor& self);
std::vector<Tensor> atleast_3d(const TensorList& tensors);
/// (N, C r^2, H, W) to (N, C, H r, W r): every r x r block of the result comes from r^2 channels (Shi et al., 2016).
Tensor pixel_shuffle(const Tensor& self, std::int64_t upscale_factor);
/// Undoes pixel_shuffle.
Tensor pixel_unshuffle(const Tensor& self, std::int64_t downscale_factor);
/// The channels (dimension 1) of `groups` groups dealt out in turn (Zhang et al., ShuffleNet, 2018).
Tensor channel_shuffle(const Tensor& self, std::int64_t groups);

// --- Repetition and order

Tensor broadcast_to(const Tensor& self, IntArrayRef size);
/// All of them with the shape that they broadcast to.
std::vector<Tensor> broadcast_tensors(const TensorList& tensors);
/// Elements repeated one after the other: [1, 2] twice is [1, 1, 2, 2]. Without `dim` the tensor is flattened.
Tensor repeat_interleave(const Tensor& self, std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt,
                         std::optional<std::int64_t> output_size = std::nullopt);
/// Slice i is repeated repeats[i] times (int64 or int32); `output_size`, if given, must be their sum.
Tensor repeat_interleave(const Tensor& self, const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt,
                         std::optional<std::int64_t> output_size = std::nullopt);
/// The index i repeated repeats[i] times.
Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> output_size = std::nullopt);
/// dims[d] copies along dimension d; missing ones in front are 1.
Tensor tile(const Tensor& self, IntArrayRef dims);
/// Reverses the order along the given dimensions.
Tensor flip(const Tensor& self, IntArrayRef dims);
/// flip of dimension 1, of dimension 0.
Tensor fliplr(const Tensor& self);
Tensor flipud(const Tensor& self);
/// Shifts elements by shifts[i] along dims[i]; what leaves at the end comes back at the start. Without `dims` the
/// flattened tensor is rolled.
Tensor roll(const Tensor& self, IntArrayRef shifts, IntArrayRef dims = {});
/// Turns the plane of the two dimensions by 90 degrees k times, from the first towards the second.
Tensor rot90(const Tensor& self, std::int64_t k = 1, IntArrayRef dims = {0, 1});

// --- Joined and taken apart

Tensor cat(const TensorList& tensors, std::int64_t dim = 0);
/// As cat.
Tensor concat(const TensorList& tensors, std::int64_t dim = 0);
Tensor concatenate(const TensorList& tensors, std::int64_t dim = 0);
Tensor stack(const TensorList& tensors, std::int64_t dim = 0);
/// cat of atleast_1d tensors along dimension 1 (0 for vectors), of atleast_2d ones along 0, of atleast_3d ones along 2.
Tensor hstack(const TensorList& tensors);
Tensor vstack(const TensorList& tensors);
Tensor dstack(const TensorList& tensors);
/// As vstack.
Tensor row_stack(const TensorList& tensors);
/// As hstack, but vectors are columns.
Tensor column_stack(const TensorList& tensors);
/// A matrix with the given ones along its diagonal and zeros elsewhere. Vectors are rows.
Tensor block_diag(const TensorList& tensors);
std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim = 0);
std::vector<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim = 0);
/// Parts of the given lengths, which must add up to the size of the dimension.
std::vector<Tensor> split(const Tensor& self, IntArrayRef split_size, std::int64_t dim = 0);
std::vector<Tensor> split_with_sizes(const Tensor& self, IntArrayRef split_sizes, std::int64_t dim = 0);
std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim = 0);
/// `sections` parts of sizes as equal as can be, or the parts between the given indices.
std::vector<Tensor> tensor_split(const Tensor& self, std::int64_t sections, std::int64_t dim = 0);
std::vector<Tensor> tensor_split(const Tensor& self, IntArrayRef indices, std::int64_t dim = 0);
std::vector<Tensor> tensor_split(const Tensor& self, const Tensor& tensor_indices_or_sections, std::int64_t dim = 0);
/// tensor_split of dimension 1 (0 of a vector), 0 and 2; `sections` must divide the size.
std::vector<Tensor> hsplit(const Tensor& self, std::int64_t sections);
std::vector<Tensor> hsplit(const Tensor& self, IntArrayRef indices);
std::vector<Tensor> vsplit(const Tensor& self, std::int64_t sections);
std::vector<Tensor> vsplit(const Tensor& self, IntArrayRef indices);
std::vector<Tensor> dsplit(const Tensor& self, std::int64_t sections);
std::vector<Tensor> dsplit(const Tensor& self, IntArrayRef indices);

// --- Parts

Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index);
/// Elements start, start + step ... before `end`; bounds beyond the ends are taken as these.
Tensor slice(const Tensor& self, std::int64_t dim = 0, std::optional<std::int64_t> start = std::nullopt,
             std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1);
Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length);
/// The start as an integer tensor without dimensions.
Tensor narrow(const Tensor& self, std::int64_t dim, const Tensor& start, std::int64_t length);
Tensor narrow_copy(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length);
/// One level of the view operations: (size, stride, offset) over the memory of `self`.
Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                  std::optional<std::int64_t> storage_offset = std::nullopt);
Tensor& as_strided_(Tensor& self, IntArrayRef size, IntArrayRef stride,
                    std::optional<std::int64_t> storage_offset = std::nullopt);

/// `self` with `src` in the place of the part that select, slice or diagonal would give; src has the shape of the part.
Tensor select_scatter(const Tensor& self, const Tensor& src, std::int64_t dim, std::int64_t index);
Tensor slice_scatter(const Tensor& self, const Tensor& src, std::int64_t dim = 0,
                     std::optional<std::int64_t> start = std::nullopt, std::optional<std::int64_t> end = std::nullopt,
                     std::int64_t step = 1);
Tensor diagonal_scatter(const Tensor& self, const Tensor& src, std::int64_t offset = 0, std::int64_t dim1 = 0,
                        std::int64_t dim2 = 1);

// --- Diagonals and triangles

/// A view of the elements (i, i + offset) of the matrices of two dimensions, as the last dimension.
Tensor diagonal(const Tensor& self, std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1);
/// The gradient of the source of a diagonal: zeros of `input_sizes` with `grad_output` on the diagonal.
Tensor diagonal_backward(const Tensor& grad_output, IntArrayRef input_sizes, std::int64_t offset, std::int64_t dim1,
                         std::int64_t dim2);
/// Matrices, in dimensions `dim1` and `dim2` of the result, with the last dimension of `self` on their diagonal.
Tensor diag_embed(const Tensor& self, std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1);
/// The matrix of a vector as its diagonal, or a copy of the diagonal of a matrix.
Tensor diag(const Tensor& self, std::int64_t diagonal = 0);
/// The matrix that has the flattened tensor as its diagonal.
Tensor diagflat(const Tensor& self, std::int64_t offset = 0);
/// The elements of matrices on and below the diagonal (tril), on and above it (triu); zeros elsewhere.
Tensor tril(const Tensor& self, std::int64_t diagonal = 0);
Tensor triu(const Tensor& self, std::int64_t diagonal = 0);
/// Rows and columns, (2, n), of the elements that tril and triu of a (row, col) matrix keep.
Tensor tril_indices(std::int64_t row, std::int64_t col, std::int64_t offset = 0, const TensorOptions& options = kInt64);
Tensor triu_indices(std::int64_t row, std::int64_t col, std::int64_t offset = 0, const TensorOptions& options = kInt64);

// --- Padding

/// The last dimensions made longer by pad[0] elements in front and pad[1] behind of the last one, pad[2] and pad[3] of
/// the one before, and so on. `mode` "constant" fills with `value` (0); "reflect" mirrors at the border elements,
/// "replicate" repeats them, "circular" goes on at the other end; these take an input with one or two dimensions more
/// than are padded. Negative numbers cut off. Throws NotImplementedError for other modes and shapes.
Tensor pad(const Tensor& self, IntArrayRef pad, std::string_view mode = "constant",
           std::optional<double> value = std::nullopt);
Tensor constant_pad_nd(const Tensor& self, IntArrayRef pad, const Scalar& value = 0);
/// The modes as functions of their own: inputs (C, W) or (N, C, W) for 1d, one dimension more for 2d, two for 3d.
Tensor reflection_pad1d(const Tensor& self, IntArrayRef padding);
Tensor reflection_pad2d(const Tensor& self, IntArrayRef padding);
Tensor reflection_pad3d(const Tensor& self, IntArrayRef padding);
Tensor replication_pad1d(const Tensor& self, IntArrayRef padding);
Tensor replication_pad2d(const Tensor& self, IntArrayRef padding);
Tensor replication_pad3d(const Tensor& self, IntArrayRef padding);

/// Sequences (L_i, ...) of one shape but for their length in a tensor (T, B, ...), or (B, T, ...) if `batch_first`: the
/// shorter ones are filled up to the longest with `padding_value`, behind or, with `padding_side` "left", in front.
Tensor pad_sequence(const TensorList& sequences, bool batch_first = false, double padding_value = 0,
                    std::string_view padding_side = "right");

// --- Grids and combinations of elements

/// The coordinates of a grid: for each vector (or number) a tensor of the shape of the grid. `indexing` "ij" gives
/// dimension i to vector i, "xy" exchanges the first two.
std::vector<Tensor> meshgrid(const TensorList& tensors);
std::vector<Tensor> meshgrid(const TensorList& tensors, std::string_view indexing);
/// All tuples with one element of each vector, as rows.
Tensor cartesian_prod(const TensorList& tensors);
/// All r-element subsequences of a vector, as rows.
Tensor combinations(const Tensor& self, std::int64_t r = 2, bool with_replacement = false);
/// Powers of the elements of a vector as columns: N (as many as elements) from the highest to 0, or `increasing`.
Tensor vander(const Tensor& x, std::optional<std::int64_t> N = std::nullopt, bool increasing = false);

// --- Copies

Tensor clone(const Tensor& self);
Tensor detach(const Tensor& self);
std::int64_t numel(const Tensor& self);
/// See Tensor::resize_.
const Tensor& resize_(const Tensor& self, IntArrayRef size);
const Tensor& resize_as_(const Tensor& self, const Tensor& the_template);

}  // namespace xgrad
