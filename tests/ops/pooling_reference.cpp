#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/pooling.h>

#include "reference.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace {

using One = std::function<Tensor(const Tensor&)>;
using Two = std::function<std::tuple<Tensor, Tensor>(const Tensor&)>;

reference::Case one(const char* name, const One& call) {
    return {name, [call](const TensorList& x) { return TensorList{call(x[0])}; }};
}

/// Values and indices.
reference::Case two(const char* name, const Two& call) {
    return {name, [call](const TensorList& x) {
                const auto [y, indices] = call(x[0]);
                return TensorList{y, indices};
            }};
}

using Cases = std::vector<reference::Case>;

Cases max_pooling() {
    const auto of_1 = [](F::MaxPool1dFuncOptions o) {
        return [o](const Tensor& x) { return F::max_pool1d_with_indices(x, o); };
    };
    const auto of_2 = [](F::MaxPool2dFuncOptions o) {
        return [o](const Tensor& x) { return F::max_pool2d_with_indices(x, o); };
    };
    const auto of_3 = [](F::MaxPool3dFuncOptions o) {
        return [o](const Tensor& x) { return F::max_pool3d_with_indices(x, o); };
    };
    using O1 = F::MaxPool1dFuncOptions;
    using O2 = F::MaxPool2dFuncOptions;
    using O3 = F::MaxPool3dFuncOptions;
    return {
        two("max_pool1d", of_1(O1(3))),
        two("max_pool1d options", of_1(O1(3).stride(2).padding(1).dilation(2).ceil_mode(true))),
        two("max_pool1d unbatched", of_1(O1(2))),
        two("max_pool2d", of_2(O2(2))),
        two("max_pool2d even", of_2(O2(2))),
        two("max_pool2d wide", of_2(O2(3).stride(1).padding(1))),
        two("max_pool2d 3 stride 2", of_2(O2(3).stride(2).padding(1))),
        two("max_pool2d stride 3", of_2(O2(2).stride(3))),
        two("max_pool2d options", of_2(O2({3, 2}).stride({1, 2}).padding({1, 1}).dilation({1, 2}).ceil_mode(true))),
        two("max_pool2d unbatched", of_2(O2({2, 3}))),
        two("max_pool3d", of_3(O3(2))),
        two("max_pool3d options", of_3(O3({2, 3, 2}).stride(2).padding(1).dilation({2, 1, 1}).ceil_mode(true))),
        two("max_pool1d special", of_1(O1(2))),
        two("max_pool2d special", of_2(O2({1, 3}).stride({1, 2}).padding({0, 1}))),
        two("max_pool2d ties", of_2(O2(2))),
    };
}

Cases average_pooling() {
    const auto of_1 = [](F::AvgPool1dFuncOptions o) { return [o](const Tensor& x) { return F::avg_pool1d(x, o); }; };
    const auto of_2 = [](F::AvgPool2dFuncOptions o) { return [o](const Tensor& x) { return F::avg_pool2d(x, o); }; };
    const auto of_3 = [](F::AvgPool3dFuncOptions o) { return [o](const Tensor& x) { return F::avg_pool3d(x, o); }; };
    using O1 = F::AvgPool1dFuncOptions;
    using O2 = F::AvgPool2dFuncOptions;
    using O3 = F::AvgPool3dFuncOptions;
    return {
        one("avg_pool1d", of_1(O1(2))),
        one("avg_pool1d padding", of_1(O1(3).stride(2).padding(1).ceil_mode(true))),
        one("avg_pool1d without padding", of_1(O1(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false))),
        one("avg_pool2d", of_2(O2(2))),
        one("avg_pool2d padding", of_2(O2(3).stride(2).padding(1).ceil_mode(true))),
        one("avg_pool2d without padding", of_2(O2(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false))),
        one("avg_pool3d", of_3(O3(2))),
        one("avg_pool3d padding", of_3(O3(3).stride(2).padding(1).ceil_mode(true))),
        one("avg_pool3d without padding", of_3(O3(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false))),
        one("avg_pool2d wide", of_2(O2(3).stride(1).padding(1))),
        one("avg_pool2d even", of_2(O2(2))),
        one("avg_pool2d stride 3", of_2(O2(2).stride(3))),
        one("avg_pool2d divisor", of_2(O2({2, 3}).stride(1).padding({1, 0}).divisor_override(5))),
        one("avg_pool3d divisor", of_3(O3(2).divisor_override(-3))),
        one("avg_pool2d unbatched", of_2(O2(2))),
        one("avg_pool2d of integers", of_2(O2(2))),
        one("avg_pool1d special", of_1(O1(3).stride(2).padding(1))),
    };
}

Cases adaptive_pooling() {
    const auto same = std::nullopt;
    const auto mean_1 = [](F::AdaptiveAvgPool1dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_avg_pool1d(x, o); };
    };
    const auto mean_2 = [](F::AdaptiveAvgPool2dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_avg_pool2d(x, o); };
    };
    const auto mean_3 = [](F::AdaptiveAvgPool3dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_avg_pool3d(x, o); };
    };
    const auto max_1 = [](F::AdaptiveMaxPool1dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_max_pool1d_with_indices(x, o); };
    };
    const auto max_2 = [](F::AdaptiveMaxPool2dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_max_pool2d_with_indices(x, o); };
    };
    const auto max_3 = [](F::AdaptiveMaxPool3dFuncOptions o) {
        return [o](const Tensor& x) { return F::adaptive_max_pool3d_with_indices(x, o); };
    };
    using Sizes2 = ExpandingArrayWithOptionalElem<2>;
    using Sizes3 = ExpandingArrayWithOptionalElem<3>;
    return {
        one("adaptive_avg_pool1d 4", mean_1(F::AdaptiveAvgPool1dFuncOptions(4))),
        one("adaptive_avg_pool1d 1", mean_1(F::AdaptiveAvgPool1dFuncOptions(1))),
        one("adaptive_avg_pool1d 12", mean_1(F::AdaptiveAvgPool1dFuncOptions(12))),
        one("adaptive_avg_pool2d (3, 4)", mean_2(Sizes2({3, 4}))),
        one("adaptive_avg_pool2d 1", mean_2(Sizes2(1))),
        one("adaptive_avg_pool2d (None, 2)", mean_2(Sizes2({same, 2}))),
        one("adaptive_avg_pool3d (2, 3, 4)", mean_3(Sizes3({2, 3, 4}))),
        one("adaptive_avg_pool3d 1", mean_3(Sizes3(1))),
        one("adaptive_avg_pool3d (None, 5, 7)", mean_3(Sizes3({same, 5, 7}))),
        two("adaptive_max_pool1d 4", max_1(F::AdaptiveMaxPool1dFuncOptions(4))),
        two("adaptive_max_pool1d 1", max_1(F::AdaptiveMaxPool1dFuncOptions(1))),
        two("adaptive_max_pool1d 12", max_1(F::AdaptiveMaxPool1dFuncOptions(12))),
        two("adaptive_max_pool2d (3, 4)", max_2(Sizes2({3, 4}))),
        two("adaptive_max_pool2d 1", max_2(Sizes2(1))),
        two("adaptive_max_pool2d (None, 2)", max_2(Sizes2({same, 2}))),
        two("adaptive_max_pool3d (2, 3, 4)", max_3(Sizes3({2, 3, 4}))),
        two("adaptive_max_pool3d 1", max_3(Sizes3(1))),
        two("adaptive_max_pool3d (None, 5, 7)", max_3(Sizes3({same, 5, 7}))),
    };
}

Cases unpooling_and_norms() {
    using Size = std::vector<std::int64_t>;
    using U1 = F::MaxUnpool1dFuncOptions;
    using U2 = F::MaxUnpool2dFuncOptions;
    using U3 = F::MaxUnpool3dFuncOptions;
    const auto of_1 = [](const char* name, const U1& o) {
        return reference::Case{name, [o](const TensorList& x) { return TensorList{F::max_unpool1d(x[0], x[1], o)}; }};
    };
    const auto of_2 = [](const char* name, const U2& o) {
        return reference::Case{name, [o](const TensorList& x) { return TensorList{F::max_unpool2d(x[0], x[1], o)}; }};
    };
    const auto of_3 = [](const char* name, const U3& o) {
        return reference::Case{name, [o](const TensorList& x) { return TensorList{F::max_unpool3d(x[0], x[1], o)}; }};
    };
    const auto lp_1 = [](F::LPPool1dFuncOptions o) { return [o](const Tensor& x) { return F::lp_pool1d(x, o); }; };
    const auto lp_2 = [](F::LPPool2dFuncOptions o) { return [o](const Tensor& x) { return F::lp_pool2d(x, o); }; };
    return {
        of_1("max_unpool1d", U1(2)),
        of_1("max_unpool1d size", U1(2).output_size(Size{9})),
        of_2("max_unpool2d", U2(2)),
        of_2("max_unpool2d size", U2(2).output_size(Size{1, 2, 5, 7})),
        of_2("max_unpool2d unbatched", U2(3).stride(2).padding(1)),
        of_3("max_unpool3d", U3(2)),
        of_3("max_unpool3d size", U3(2).output_size(Size{4, 5, 6})),
        one("lp_pool1d", lp_1(F::LPPool1dFuncOptions(2, 3).stride(2))),
        one("lp_pool1d ceil", lp_1(F::LPPool1dFuncOptions(1.5, 4).ceil_mode(true))),
        one("lp_pool2d", lp_2(F::LPPool2dFuncOptions(3, {2, 3}).stride(1))),
        one("lp_pool2d ceil", lp_2(F::LPPool2dFuncOptions(2, 2).ceil_mode(true))),
    };
}

}  // namespace

TEST_CASE("pooling agrees with PyTorch") {
    Cases all;
    for (const Cases& some : {max_pooling(), average_pooling(), adaptive_pooling(), unpooling_and_norms()})
        all.insert(all.end(), some.begin(), some.end());
    reference::check("pooling", all);
}
