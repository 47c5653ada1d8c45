#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;

#define XGRAD_CASE(name, ...)                                                               \
    Case {                                                                                  \
        name, [=]([[maybe_unused]] const TensorList& x) { return TensorList{__VA_ARGS__}; } \
    }

namespace {

std::vector<Case> shapes() {
    return {
        XGRAD_CASE("flatten", x[0].flatten(1)),
        XGRAD_CASE("flatten all of a transposed one", x[0].transpose(0, 2).flatten()),
        XGRAD_CASE("flatten 0-dim", flatten(x[0])),
        XGRAD_CASE("unflatten", x[0].unflatten(-1, {2, 2})),
        XGRAD_CASE("unflatten inferred", unflatten(x[0], 0, {3, -1})),
        XGRAD_CASE("ravel", ravel(x[0].t())),
        XGRAD_CASE("swapaxes", swapaxes(x[0], 0, -1)),
        XGRAD_CASE("swapdims", swapdims(x[0], 1, 2)),
        XGRAD_CASE("mT", x[0].mT()),
        XGRAD_CASE("adjoint", adjoint(x[0])),
        XGRAD_CASE("numpy_T", x[0].numpy_T()),
        XGRAD_CASE("matrix_H", x[0].matrix_H()),
        XGRAD_CASE("movedim", x[0].movedim(0, -1)),
        XGRAD_CASE("movedim lists", x[0].movedim({0, 1}, {2, 0})),
        XGRAD_CASE("movedim negative", movedim(x[0], {-1, 0}, {0, -1})),
        XGRAD_CASE("moveaxis", moveaxis(x[0], 1, 0)),
        XGRAD_CASE("squeeze all", x[0].squeeze()),
        XGRAD_CASE("squeeze one", x[0].squeeze(-1)),
        XGRAD_CASE("squeeze list", x[0].squeeze({0, -1})),
        XGRAD_CASE("squeeze list with others", squeeze(x[0], {0, 1})),
        XGRAD_CASE("squeeze no dims", x[0].squeeze(IntArrayRef())),
        XGRAD_CASE("unsqueeze", x[0].unsqueeze(-2)),
        XGRAD_CASE("broadcast_tensors", broadcast_tensors(x)),
        XGRAD_CASE("atleast_1d", atleast_1d(x)),
        XGRAD_CASE("atleast_2d", atleast_2d(x)),
        XGRAD_CASE("atleast_3d", atleast_3d(x)),
        XGRAD_CASE("pixel_shuffle", pixel_shuffle(x[0], 2)),
        XGRAD_CASE("pixel_shuffle batch", pixel_shuffle(x[0], 2)),
        XGRAD_CASE("pixel_unshuffle", pixel_unshuffle(x[0], 2)),
        XGRAD_CASE("pixel_unshuffle batch", pixel_unshuffle(x[0], 2)),
        XGRAD_CASE("channel_shuffle", channel_shuffle(x[0], 2)),
    };
}

std::vector<Case> orders() {
    return {
        XGRAD_CASE("repeat", x[0].repeat({2, 3})),
        XGRAD_CASE("repeat more dims", x[0].repeat({2, 1, 2})),
        XGRAD_CASE("repeat a row", x[0].repeat({1, 2})),
        XGRAD_CASE("repeat nothing", x[0].repeat({0, 2})),
        XGRAD_CASE("repeat 0-dim", x[0].repeat(3)),
        XGRAD_CASE("tile", tile(x[0], {2, 2})),
        XGRAD_CASE("tile fewer", x[0].tile(2)),
        XGRAD_CASE("repeat_interleave", x[0].repeat_interleave(2)),
        XGRAD_CASE("repeat_interleave dim", repeat_interleave(x[0], 3, -2)),
        XGRAD_CASE("repeat_interleave none", x[0].repeat_interleave(0, 0)),
        XGRAD_CASE("repeat_interleave tensor", x[0].repeat_interleave(x[1], 1)),
        XGRAD_CASE("repeat_interleave one number", repeat_interleave(x[0], x[1], 0, 4)),
        XGRAD_CASE("repeat_interleave flat", x[0].repeat_interleave(x[1])),
        XGRAD_CASE("repeat_interleave positions", repeat_interleave(x[0])),
        XGRAD_CASE("flip", x[0].flip(0)),
        XGRAD_CASE("flip last", flip(x[0], -1)),
        XGRAD_CASE("flip outer two", x[0].flip({0, 2})),
        XGRAD_CASE("flip all", x[0].flip({0, 1, 2})),
        XGRAD_CASE("flip no dims", x[0].flip({})),
        XGRAD_CASE("flip 0-dim", x[0].flip({})),
        XGRAD_CASE("flip empty", x[0].flip(0)),
        XGRAD_CASE("flip transposed", x[0].t().flip(0)),
        XGRAD_CASE("fliplr", x[0].fliplr()),
        XGRAD_CASE("flipud", flipud(x[0])),
        XGRAD_CASE("roll", x[0].roll(1)),
        XGRAD_CASE("roll dim", x[0].roll(-1, 1)),
        XGRAD_CASE("roll dims", roll(x[0], {5, 1}, {0, -1})),
        XGRAD_CASE("roll empty", x[0].roll(1, 1)),
        XGRAD_CASE("rot90 0", x[0].rot90(0)),
        XGRAD_CASE("rot90 1", x[0].rot90()),
        XGRAD_CASE("rot90 2", rot90(x[0], 2)),
        XGRAD_CASE("rot90 3", x[0].rot90(3)),
        XGRAD_CASE("rot90 -1", x[0].rot90(-1)),
        XGRAD_CASE("rot90 dims", x[0].rot90(1, {2, 0})),
    };
}

std::vector<Case> parts() {
    return {
        XGRAD_CASE("hstack vectors", hstack(x)),
        XGRAD_CASE("hstack", hstack(x)),
        XGRAD_CASE("vstack", vstack(x)),
        XGRAD_CASE("row_stack", row_stack(x)),
        XGRAD_CASE("dstack", dstack(x)),
        XGRAD_CASE("dstack vectors", dstack(x)),
        XGRAD_CASE("column_stack", column_stack(x)),
        XGRAD_CASE("concat", concat(x, 1)),
        XGRAD_CASE("block_diag", block_diag(x)),
        XGRAD_CASE("split sizes", x[0].split({1, 2, 1}, -1)),
        XGRAD_CASE("split sizes with nothing", split_with_sizes(x[0], {0, 3}, 1)),
        XGRAD_CASE("chunk", x[0].chunk(4)),
        XGRAD_CASE("chunk of nothing", x[0].chunk(3)),
        XGRAD_CASE("tensor_split", x[0].tensor_split(4)),
        XGRAD_CASE("tensor_split more than there are", tensor_split(x[0], 4, 1)),
        XGRAD_CASE("tensor_split indices", x[0].tensor_split({1, 3}, -1)),
        XGRAD_CASE("tensor_split negative indices", x[0].tensor_split(IntArrayRef({-2}))),
        XGRAD_CASE("tensor_split unordered indices", x[0].tensor_split({4, 2, 9})),
        XGRAD_CASE("tensor_split tensor", x[0].tensor_split(x[1])),
        XGRAD_CASE("tensor_split tensor sections", x[0].tensor_split(x[1])),
        XGRAD_CASE("hsplit", x[0].hsplit(2)),
        XGRAD_CASE("hsplit vector", hsplit(x[0], IntArrayRef({1}))),
        XGRAD_CASE("vsplit", x[0].vsplit(2)),
        XGRAD_CASE("dsplit", x[0].dsplit({1, 2})),
        XGRAD_CASE("narrow_copy", x[0].narrow_copy(1, 1, 2)),
        XGRAD_CASE("narrow tensor", x[0].narrow(-1, tensor(-2), 2)),
        XGRAD_CASE("unfold", x[0].unfold(0, 3, 1)),
        XGRAD_CASE("unfold middle", x[0].unfold(1, 2, 1)),
        XGRAD_CASE("unfold far apart", x[0].unfold(-1, 1, 3)),
        XGRAD_CASE("unfold whole", x[0].unfold(0, 4, 9)),
        XGRAD_CASE("unfold 0-dim", x[0].unfold(0, 1, 1)),
        XGRAD_CASE("meshgrid", meshgrid(x)),
        XGRAD_CASE("meshgrid xy", meshgrid(x, "xy")),
        XGRAD_CASE("meshgrid xy one", meshgrid(x, "xy")),
        XGRAD_CASE("cartesian_prod", cartesian_prod(x)),
        XGRAD_CASE("cartesian_prod one", cartesian_prod(x)),
        XGRAD_CASE("combinations 1", combinations(x[0], 1)),
        XGRAD_CASE("combinations 2", combinations(x[0])),
        XGRAD_CASE("combinations 3", combinations(x[0], 3)),
        XGRAD_CASE("combinations 4", combinations(x[0], 4)),
        XGRAD_CASE("combinations 5", combinations(x[0], 5)),
        XGRAD_CASE("combinations with replacement", combinations(x[0], 3, true)),
        XGRAD_CASE("combinations of nothing", combinations(x[0], 0)),
        XGRAD_CASE("vander", vander(x[0])),
        XGRAD_CASE("vander increasing", vander(x[0], 4, true)),
        XGRAD_CASE("vander one", vander(x[0], 1)),
        XGRAD_CASE("vander none", vander(x[0], 0)),
        XGRAD_CASE("vander integers", vander(x[0])),
    };
}

std::vector<Case> diagonals() {
    std::vector<Case> out = {
        XGRAD_CASE("diagonal dims", x[0].diagonal(1, -1, 0)),
        XGRAD_CASE("diagonal middle", x[0].diagonal()),
        XGRAD_CASE("diagonal_backward", diagonal_backward(x[0], {3, 3, 3}, 0, 0, 2)),
        XGRAD_CASE("diag_embed dims", x[0].diag_embed(1, 0, 2)),
        XGRAD_CASE("diag_embed dims the other way", diag_embed(x[0], 1, 2, 0)),
        XGRAD_CASE("diag of integers", x[0][0].diag()),
        XGRAD_CASE("tril batch", tril(x[0], -1)),
        XGRAD_CASE("triu transposed", triu(x[0].mT(), 1)),
        XGRAD_CASE("tril of bools", (x[0] % 2 == 0).tril()),
        XGRAD_CASE("tril empty", x[0].tril()),
    };
    for (const std::int64_t k : {0, 1, -2}) {
        const std::string offset = ' ' + std::to_string(k);
        out.push_back(XGRAD_CASE("diag vector" + offset, diag(x[0], k)));
        out.push_back(XGRAD_CASE("diag matrix" + offset, x[0].diag(k)));
        out.push_back(XGRAD_CASE("diagflat" + offset, x[0].diagflat(k)));
        out.push_back(XGRAD_CASE("diag_embed" + offset, x[0].diag_embed(k)));
    }
    for (const std::int64_t k : {0, 1, -1, 2, -2, 5, -5}) {
        const std::string offset = ' ' + std::to_string(k);
        out.push_back(XGRAD_CASE("diagonal" + offset, diagonal(x[0], k)));
        out.push_back(XGRAD_CASE("tril" + offset, x[0].tril(k)));
        out.push_back(XGRAD_CASE("triu" + offset, x[0].triu(k)));
        out.push_back(XGRAD_CASE("tril_indices" + offset, tril_indices(2, 3, k)));
        out.push_back(XGRAD_CASE("triu_indices" + offset, triu_indices(3, 2, k)));
    }
    return out;
}

std::vector<Case> padding() {
    std::vector<Case> out = {
        XGRAD_CASE("pad constant", pad(x[0], {1, 2}, "constant", 3.5)),
        XGRAD_CASE("pad constant two dims", pad(x[0], {0, 1, 2, 0})),
        XGRAD_CASE("pad constant cut", constant_pad_nd(x[0], {-1, 2, 1, -1})),
        XGRAD_CASE("pad constant nothing", pad(x[0], {})),
        XGRAD_CASE("pad constant integers", constant_pad_nd(x[0], {1, 0}, 7)),
        XGRAD_CASE("pad constant empty", pad(x[0], {0, 0, 1, 1}, "constant", 2)),
        XGRAD_CASE("pad replicate far", replication_pad1d(x[0], {3, 5})),
        XGRAD_CASE("pad replicate integers", replication_pad1d(x[0], {1, 1})),
        XGRAD_CASE("pad circular wrapped", pad(x[0], {4, 4}, "circular")),
    };
    for (const std::string mode : {"reflect", "replicate", "circular"}) {
        const std::string name = "pad " + mode;
        out.push_back(XGRAD_CASE(name + " 1d", pad(x[0], {2, 1}, mode)));
        out.push_back(XGRAD_CASE(name + " 1d cut", pad(x[0], {-1, 2}, mode)));
        out.push_back(XGRAD_CASE(name + " 2d", pad(x[0], {1, 2, 2, 0}, mode)));
        out.push_back(XGRAD_CASE(name + " 2d cut", pad(x[0], {1, -2, -1, 1}, mode)));
        out.push_back(XGRAD_CASE(name + " 3d", pad(x[0], {1, 2, 0, 1, 1, 0}, mode)));
        if (mode == "circular") continue;
        out.push_back(XGRAD_CASE(name + " 1d without batch", pad(x[0], {2, 1}, mode)));
        out.push_back(XGRAD_CASE(name + " 3d without batch", pad(x[0], {1, 2, 0, 1, 1, 0}, mode)));
    }
    return out;
}

}  // namespace

TEST_CASE("shapes, orders, parts, diagonals and padding agree with PyTorch") {
    std::vector<Case> all;
    for (const std::vector<Case>& some : {shapes(), orders(), parts(), diagonals(), padding()})
        all.insert(all.end(), some.begin(), some.end());
    reference::check("shape", all);
}
