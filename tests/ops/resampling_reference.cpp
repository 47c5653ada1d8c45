#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional.h>

#include "reference.h"

using namespace xgrad;
using reference::Case;
namespace F = xgrad::nn::functional;

namespace {

using Sizes = std::vector<std::int64_t>;

std::function<TensorList(const TensorList&)> resize(const F::InterpolateFuncOptions& options) {
    return [=](const TensorList& x) { return TensorList{F::interpolate(x[0], options)}; };
}

F::InterpolateFuncOptions to(nn::ResizeMode mode, const Sizes& size) {
    return F::InterpolateFuncOptions().mode(mode).size(size);
}
F::InterpolateFuncOptions by(nn::ResizeMode mode, const std::vector<double>& factors) {
    return F::InterpolateFuncOptions().mode(mode).scale_factor(factors);
}

const char* word(bool truth) { return truth ? "True" : "False"; }

void add_copies(std::vector<Case>& out) {
    const std::pair<nn::ResizeMode, std::string> modes[] = {
        {kNearest, "nearest"}, {kNearestExact, "nearest-exact"}, {kArea, "area"}};
    for (const auto& [mode, name] : modes) {
        for (const std::int64_t size : {1, 3, 5, 7, 10})
            out.push_back({name + " 1d to " + std::to_string(size), resize(to(mode, {size}))});
        out.push_back({name + " 2d", resize(to(mode, {3, 7}))});
        out.push_back({name + " 3d", resize(to(mode, {3, 2, 5}))});
        if (name != "area") out.push_back({name + " 2d by factors", resize(by(mode, {1.3, 2.0}))});
    }
}

void add_interpolations(std::vector<Case>& out, bool align) {
    const std::string suffix = std::string(", ") + word(align);
    for (const std::int64_t size : {1, 3, 5, 8})
        out.push_back({"linear to " + std::to_string(size) + suffix, resize(to(kLinear, {size}).align_corners(align))});
    const std::pair<nn::ResizeMode, std::string> modes[] = {{kBilinear, "bilinear"}, {kBicubic, "bicubic"}};
    for (const auto& [mode, name] : modes) {
        for (const Sizes& size : {Sizes{4, 3}, Sizes{2, 2}, Sizes{7, 5}, Sizes{1, 6}}) {
            const std::string target = "to (" + std::to_string(size[0]) + ", " + std::to_string(size[1]) + ")" + suffix;
            out.push_back({name + ' ' + target, resize(to(mode, size).align_corners(align))});
            out.push_back({name + " smooth " + target, resize(to(mode, size).align_corners(align).antialias(true))});
        }
        for (const bool recompute : {false, true})
            out.push_back({name + " by factors" + suffix + ", " + word(recompute),
                           resize(by(mode, {0.7, 1.9}).align_corners(align).recompute_scale_factor(recompute))});
    }
    out.push_back({"trilinear" + suffix, resize(to(kTrilinear, {3, 2, 4}).align_corners(align))});
}

void add_grids(std::vector<Case>& out, bool align) {
    const std::pair<F::GridPaddingMode, std::string> paddings[] = {
        {kZeros, "zeros"}, {kBorder, "border"}, {kReflection, "reflection"}};
    const std::pair<InterpolationMode, std::string> modes[] = {
        {kBilinear, "bilinear"}, {kNearest, "nearest"}, {kBicubic, "bicubic"}};
    for (const auto& [padding, padding_name] : paddings)
        for (const auto& [mode, mode_name] : modes) {
            const auto options = F::GridSampleFuncOptions().mode(mode).padding_mode(padding).align_corners(align);
            const auto call = [=](const TensorList& x) {
                const Tensor edges = tensor({{{{-1.0, -1.0}, {1.0, 1.0}, {0.0, 0.0}, {5.0, -3.0}}}}, kFloat64);
                return TensorList{F::grid_sample(x[0], x.size() > 1 ? x[1] : edges, options)};
            };
            const std::string name = mode_name + ' ' + padding_name + ' ' + word(align);
            out.push_back({"grid_sample " + name, call});
            out.push_back({"grid_sample edges " + name, call});
            if (mode_name != "bicubic") out.push_back({"grid_sample 3d " + name, call});
        }
    out.push_back({std::string("affine_grid ") + word(align), [=](const TensorList& x) {
                       return TensorList{F::affine_grid(x[0], {2, 1, 3, 2}, align)};
                   }});
    out.push_back({std::string("affine_grid 3d ") + word(align), [=](const TensorList& x) {
                       return TensorList{F::affine_grid(x[0], {1, 1, 2, 1, 3}, align)};
                   }});
}

}  // namespace

TEST_CASE("pictures are sampled as PyTorch samples them") {
    std::vector<Case> all;
    add_copies(all);
    for (const bool align : {false, true}) {
        add_interpolations(all, align);
        add_grids(all, align);
    }
    reference::check("resampling", all);
}
