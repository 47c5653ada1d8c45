#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>

#include <tuple>

#include "reference.h"

using namespace xgrad;
using reference::Case;

namespace {

template <class... T>
TensorList list(const std::tuple<T...>& tensors) {
    return std::apply([](const auto&... t) { return TensorList{t...}; }, tensors);
}

std::string joined(const std::string& a, std::int64_t b, bool c) {
    return a + " " + std::to_string(b) + " " + (c ? "1" : "0");
}

void add_sorts(std::vector<Case>& cases) {
    for (const bool on : {false, true}) {
        for (const std::int64_t dim : {-1, 0, 1}) {
            cases.push_back({joined("sort", dim, on), [=](const TensorList& x) { return list(x[0].sort(dim, on)); }});
            cases.push_back(
                {joined("topk", dim, on), [=](const TensorList& x) { return list(x[0].topk(2, dim, on)); }});
            cases.push_back(
                {joined("kthvalue", dim, on), [=](const TensorList& x) { return list(x[0].kthvalue(2, dim, on)); }});
            cases.push_back(
                {joined("median", dim, on), [=](const TensorList& x) { return list(x[0].median(dim, on)); }});
            cases.push_back(
                {joined("nanmedian", dim, on), [=](const TensorList& x) { return list(x[0].nanmedian(dim, on)); }});
            cases.push_back({joined("mode", dim, on), [=](const TensorList& x) { return list(x[0].mode(dim, on)); }});
        }
        for (const std::string name : {"ties", "special", "long", "byte", "flags"})
            cases.push_back({"sort " + name + (on ? " 1" : " 0"),
                             [=](const TensorList& x) { return list(x[0].sort(true, -1, on)); }});
    }
    for (const std::string name : {"ties", "special", "long", "byte", "flags"})
        cases.push_back({"argsort " + name, [](const TensorList& x) { return TensorList{x[0].argsort(true)}; }});
}

void add_quantiles(std::vector<Case>& cases) {
    using Function = Tensor (*)(const Tensor&, const Tensor&, std::optional<std::int64_t>, bool, std::string_view);
    using NumberFunction = Tensor (*)(const Tensor&, double, std::optional<std::int64_t>, bool, std::string_view);
    struct Named {
        std::string name;
        Function f;
        NumberFunction number;
    };
    for (const Named& named : {Named{"quantile", quantile, quantile}, Named{"nanquantile", nanquantile, nanquantile}}) {
        for (const char* way : {"linear", "lower", "higher", "midpoint", "nearest"}) {
            const std::string name = named.name + " " + way;
            const auto f = named.f;
            const auto number = named.number;
            cases.push_back(
                {name, [=](const TensorList& x) { return TensorList{f(x[0], x[1], std::nullopt, false, way)}; }});
            cases.push_back(
                {name + " dim", [=](const TensorList& x) { return TensorList{f(x[0], x[1], 1, false, way)}; }});
            cases.push_back(
                {name + " keepdim", [=](const TensorList& x) { return TensorList{number(x[0], 0.3, -1, true, way)}; }});
            cases.push_back(
                {name + " nan", [=](const TensorList& x) { return TensorList{f(x[0], x[1], 1, true, way)}; }});
        }
    }
}

void add_distinct(std::vector<Case>& cases) {
    for (const std::string name : {"numbers", "special", "long", "byte", "flags", "scalar", "empty"}) {
        cases.push_back({"unique " + name, [](const TensorList& x) { return list(_unique2(x[0], true, true, true)); }});
        cases.push_back(
            {"consecutive " + name, [](const TensorList& x) { return list(unique_consecutive(x[0], true, true)); }});
    }
    for (const std::string name : {"long", "double", "byte"}) {
        for (const std::int64_t dim : {0, 1, -1}) {
            const std::string rest = name + " dim " + std::to_string(dim);
            cases.push_back(
                {"unique " + rest, [=](const TensorList& x) { return list(unique_dim(x[0], dim, true, true, true)); }});
            cases.push_back({"consecutive " + rest,
                             [=](const TensorList& x) { return list(unique_consecutive(x[0], true, true, dim)); }});
        }
    }
}

}  // namespace

TEST_CASE("sorting and search agree with PyTorch") {
    const auto one = [](Tensor y) { return TensorList{std::move(y)}; };
    std::vector<Case> cases = {
        {"sort scalar", [](const TensorList& x) { return list(x[0].sort()); }},
        {"sort empty", [](const TensorList& x) { return list(sort(x[0], 0)); }},
        {"msort", [=](const TensorList& x) { return one(msort(x[0])); }},
        {"topk all", [](const TensorList& x) { return list(topk(x[0], 5)); }},
        {"topk none", [](const TensorList& x) { return list(x[0].topk(0)); }},
        {"topk scalar", [](const TensorList& x) { return list(x[0].topk(1)); }},
        {"topk special", [=](const TensorList& x) { return one(std::get<0>(x[0].topk(3))); }},
        {"topk ties", [=](const TensorList& x) { return one(std::get<0>(x[0].topk(3, -1, true, false))); }},
        {"topk long", [=](const TensorList& x) { return one(std::get<0>(x[0].topk(2, 0, false))); }},
        {"kthvalue special", [=](const TensorList& x) { return one(std::get<0>(kthvalue(x[0], 5))); }},
        {"median special", [](const TensorList& x) { return list(median(x[0], 1)); }},
        {"nanmedian special", [](const TensorList& x) { return list(nanmedian(x[0], 1)); }},
        {"nanmedian of nan", [=](const TensorList& x) { return one(std::get<0>(x[0].nanmedian(0))); }},
        {"mode ties", [](const TensorList& x) { return list(mode(x[0], 1)); }},
        {"mode special", [](const TensorList& x) { return list(x[0].mode()); }},
        {"median long", [=](const TensorList& x) { return one(std::get<0>(x[0].median(1))); }},
        {"mode flags", [](const TensorList& x) { return list(x[0].mode(1)); }},
        {"median of nothing", [=](const TensorList& x) { return one(x[0].median()); }},
        {"quantile scalar q", [=](const TensorList& x) { return one(x[0].quantile(x[1])); }},
        {"quantile scalar", [=](const TensorList& x) { return one(x[0].quantile(0.4, 0, true)); }},
        {"quantile all keepdim", [=](const TensorList& x) { return one(x[0].quantile(x[1], std::nullopt, true)); }},
        {"quantile float", [=](const TensorList& x) { return one(x[0].quantile(0.3, 1)); }, 1e-6, 1e-7},
        {"unique none", [](const TensorList& x) { return list(unique_dim(x[0], 0, true, true, true)); }},
        {"isin 0", [=](const TensorList& x) { return one(isin(x[0], x[1])); }},
        {"isin 1", [=](const TensorList& x) { return one(isin(x[0], x[1], false, true)); }},
        {"isin mixed", [=](const TensorList& x) { return one(isin(x[0], x[1])); }},
        {"isin none", [=](const TensorList& x) { return one(isin(x[0], x[1])); }},
        {"isin number", [=](const TensorList& x) { return one(isin(x[0], 5)); }},
        {"searchsorted number",
         [=](const TensorList& x) { return one(searchsorted(x[0], 2.0, false, false, "right")); }},
        {"searchsorted long", [=](const TensorList& x) { return one(searchsorted(x[0], x[1])); }},
        {"searchsorted sorter",
         [=](const TensorList& x) {
             return one(searchsorted(x[0], x[1], false, false, std::nullopt, x[0].argsort()));
         }},
        {"bucketize number", [=](const TensorList& x) { return one(bucketize(0, x[0])); }},
        {"bincount", [=](const TensorList& x) { return one(x[0].bincount()); }},
        {"bincount minlength", [=](const TensorList& x) { return one(x[0].bincount({}, 9)); }},
        {"bincount double", [=](const TensorList& x) { return one(bincount(x[0], x[1])); }},
        {"bincount float", [=](const TensorList& x) { return one(bincount(x[0], x[1], 8)); }, 1e-6, 1e-7},
        {"bincount long", [=](const TensorList& x) { return one(bincount(x[0], x[1])); }},
        {"bincount empty", [=](const TensorList& x) { return one(bincount(x[0], std::nullopt, 2)); }},
        {"histc", [=](const TensorList& x) { return one(x[0].histc(4, -1, 1)); }},
        {"histc range", [=](const TensorList& x) { return one(x[0].histc(3)); }},
        {"histc edges", [=](const TensorList& x) { return one(histc(x[0], 4, 0, 4)); }},
        {"histc constant", [=](const TensorList& x) { return one(x[0].histc(3)); }},
        {"histc empty", [=](const TensorList& x) { return one(x[0].histc(3)); }},
        {"histc float", [=](const TensorList& x) { return one(x[0].histc(7, -2, 2)); }},
    };
    for (const std::string name : {"numbers", "even", "ties", "special", "scalar"}) {
        cases.push_back({"median of all " + name, [=](const TensorList& x) { return one(x[0].median()); }});
        cases.push_back({"nanmedian of all " + name, [=](const TensorList& x) { return one(x[0].nanmedian()); }});
    }
    for (const bool right : {false, true}) {
        const std::string number = right ? "1" : "0";
        const auto search = [=](const TensorList& x) { return one(searchsorted(x[0], x[1], false, right)); };
        cases.push_back({"searchsorted " + number, search});
        cases.push_back({"searchsorted lines " + number, search});
        cases.push_back(
            {"bucketize " + number, [=](const TensorList& x) { return one(bucketize(x[0], x[1], true, right)); }});
    }
    add_sorts(cases);
    add_quantiles(cases);
    add_distinct(cases);
    reference::check("sorting", cases);
}
