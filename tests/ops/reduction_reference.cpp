#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/functions.h>

#include "reference.h"

using namespace xgrad;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using Dims = std::vector<std::int64_t>;
using Cases = std::vector<reference::Case>;

TensorList list(const Tensor& one) { return {one}; }
TensorList list(const std::tuple<Tensor, Tensor>& pair) { return {std::get<0>(pair), std::get<1>(pair)}; }
TensorList list(const TensorList& several) { return several; }

struct DimSet {
    std::string name;
    Dims dims;
};
const std::vector<DimSet> kSets = {
    {"all", {0, 1, 2}}, {"dim 0", {0}}, {"dim -1", {-1}}, {"dims 0 and 2", {0, 2}}, {"dims -2 and 0", {-2, 0}}};

struct Order {
    std::string name;
    double p;
};
const std::vector<Order> kOrders = {{"0", 0}, {"0.5", 0.5}, {"1", 1},      {"1.5", 1.5},   {"2", 2},
                                    {"3", 3}, {"-1", -1},   {"inf", kInf}, {"-inf", -kInf}};

class Table {
  public:
    template <class F>
    void add(const std::string& name, F call) {
        cases_.push_back({name, [call](const TensorList& x) { return list(call(x[0])); }});
    }
    /// Over the sets of dimensions of those names, or all, with and without keepdim.
    template <class F>
    void over(const std::string& name, F call, const std::vector<std::string>& names = {}) {
        for (const auto& [set, dims] : kSets) {
            if (!names.empty() && std::find(names.begin(), names.end(), set) == names.end()) continue;
            for (const bool keepdim : {false, true})
                if (set != "all" || !keepdim)
                    add(name + " " + set + (keepdim ? " kept" : ""),
                        [=, d = dims](const Tensor& x) { return call(x, d, keepdim); });
        }
    }

    const Cases& cases() const { return cases_; }

  private:
    Cases cases_;
};

void add_sums(Table& t) {
    t.over("sum", [](const Tensor& x, const Dims& d, bool k) { return x.sum(d, k); });
    t.over("mean", [](const Tensor& x, const Dims& d, bool k) { return x.mean(d, k); });
    t.over("nansum", [](const Tensor& x, const Dims& d, bool k) { return x.nansum(d, k); });
    t.over("nanmean", [](const Tensor& x, const Dims& d, bool k) { return x.nanmean(d, k); });
    t.over("logsumexp", [](const Tensor& x, const Dims& d, bool k) { return x.logsumexp(d, k); });
    t.add("nansum special", [](const Tensor& x) { return TensorList{x.nansum(), x.nansum(1)}; });
    t.add("nansum integers", [](const Tensor& x) { return x.nansum(0); });
    t.add("nanmean special", [](const Tensor& x) { return x.nanmean(1); });
    t.add("nanmean nothing", [](const Tensor& x) { return x.nanmean(1); });
    t.add("sum empty", [](const Tensor& x) { return TensorList{x.sum(), x.sum(1), x.mean(1), x.nansum(1)}; });
    t.add("sum dtypes", [](const Tensor& x) {
        return TensorList{x.sum(), x.sum(0, false, kFloat64), x.mean(kFloat64), x.nansum(1)};
    });
    for (const char* name : {"special", "large", "empty"})
        t.add(std::string("logsumexp ") + name, [](const Tensor& x) { return x.logsumexp(1); });
    t.add("logsumexp of a number", [](const Tensor& x) { return x.logsumexp(0); });
}

void add_extremes(Table& t) {
    t.over("amax", [](const Tensor& x, const Dims& d, bool k) { return x.amax(d, k); });
    t.over("amin", [](const Tensor& x, const Dims& d, bool k) { return x.amin(d, k); });
    for (const char* name : {" ties", " special"}) {
        t.add(std::string("amax") + name, [](const Tensor& x) { return x.amax(1); });
        t.add(std::string("amin") + name, [](const Tensor& x) { return x.amin(1); });
        t.add(std::string("max") + name, [](const Tensor& x) { return x.max(1); });
        t.add(std::string("min") + name, [](const Tensor& x) { return x.min(1); });
    }
    for (const char* name : {" whole ties", " whole NaN"}) {
        t.add(std::string("max") + name, [](const Tensor& x) { return x.max(); });
        t.add(std::string("min") + name, [](const Tensor& x) { return x.min(); });
    }
    t.add("max kept", [](const Tensor& x) { return x.max(-2, true); });
    t.add("min kept", [](const Tensor& x) { return x.min(-2, true); });
    t.add("aminmax whole", [](const Tensor& x) { return x.aminmax(); });
    t.add("aminmax dim 0 kept", [](const Tensor& x) { return aminmax(x, 0, true); });
}

void add_variances(Table& t) {
    t.over("var", [](const Tensor& x, const Dims& d, bool k) { return x.var(d, true, k); });
    t.over("std biased", [](const Tensor& x, const Dims& d, bool k) { return x.std(d, false, k); });
    t.over("var_mean", [](const Tensor& x, const Dims& d, bool k) { return var_mean(x, d, true, k); });
    t.over("std_mean biased", [](const Tensor& x, const Dims& d, bool k) { return std_mean(x, d, false, k); });
    for (const std::int64_t c : {0, 1, 2, 3}) {
        t.add("var correction " + std::to_string(c), [=](const Tensor& x) { return x.var(1, c); });
        t.add("std_mean correction " + std::to_string(c), [=](const Tensor& x) { return std_mean(x, 0, c); });
    }
    t.add("var whole", [](const Tensor& x) { return TensorList{x.var(), x.var(false), x.std(), x.std(false)}; });
    t.add("var of one", [](const Tensor& x) { return x.var(0); });
    t.add("std of one", [](const Tensor& x) { return x.std(0); });
    t.add("var of one biased", [](const Tensor& x) { return x.var(0, false); });
    t.add("var of a number", [](const Tensor& x) { return TensorList{x.var(), x.std(false)}; });
    t.add("std of equals", [](const Tensor& x) { return x.std(1); });
    t.add("var special", [](const Tensor& x) { return x.var(1); });
    t.add("var empty", [](const Tensor& x) { return TensorList{x.var(1), x.std(1)}; });
}

void add_products(Table& t) {
    t.add("prod dim 0", [](const Tensor& x) { return x.prod(0); });
    t.add("prod dim -1 kept", [](const Tensor& x) { return x.prod(-1, true); });
    for (const char* name : {"", " one zero", " two zeros", " of a number"})
        t.add(std::string("prod") + name, [](const Tensor& x) { return x.prod(); });
    t.add("prod zeros by row", [](const Tensor& x) { return x.prod(1); });
    t.add("prod zeros by column", [](const Tensor& x) { return x.prod(0, true); });
    t.add("prod NaN", [](const Tensor& x) { return x.prod(1); });
    t.add("prod empty", [](const Tensor& x) { return TensorList{x.prod(1), x.prod()}; });
    t.add("prod integers", [](const Tensor& x) {
        return TensorList{x.prod(), x.prod(0), x.prod(kFloat64), x.prod(1, false, kInt32)};
    });
    t.add("prod bools", [](const Tensor& x) { return TensorList{x.prod(), x.prod(0)}; });
}

void add_truth(Table& t) {
    for (const char* dtype : {" float64", " bool", " int64", " uint8"}) {
        t.add(std::string("any") + dtype, [](const Tensor& x) {
            return TensorList{x.any(), x.any(0), x.any(-1, true)};
        });
        t.add(std::string("all") + dtype, [](const Tensor& x) {
            return TensorList{x.all(), x.all(0), x.all(-1, true)};
        });
    }
    t.add("any NaN", [](const Tensor& x) { return TensorList{x.any(1), x.all(1)}; });
    t.add("any empty", [](const Tensor& x) { return TensorList{x.any(1), x.all(1), x.any(0, true), x.all(0)}; });
    t.add("any several", [](const Tensor& x) { return TensorList{x.any({0, 2}), x.all({2, 0}, true)}; });
    t.add("count_nonzero", [](const Tensor& x) {
        return TensorList{x.count_nonzero(), x.count_nonzero(0), x.count_nonzero({0, -1})};
    });
    t.add("count_nonzero NaN", [](const Tensor& x) { return x.count_nonzero(1); });
}

void add_norms(Table& t) {
    for (const auto& [name, p] : kOrders) {
        const Scalar order = p;
        t.over("norm " + name, [=](const Tensor& x, const Dims& d, bool k) { return x.norm(order, d, k); },
               {"all", "dims 0 and 2"});
        if (name == "1.5") continue;
        for (const char* values : {" zeros", " special"})
            t.add("norm " + name + values, [=](const Tensor& x) { return x.norm(order, {1}); });
    }
    t.over("norm fro", [](const Tensor& x, const Dims& d, bool k) { return x.norm("fro", d, k); },
           {"dim -1", "dims 0 and 2"});
    t.add("norm inf ties", [](const Tensor& x) { return x.norm(kInf, {1}); });
    t.add("norm -inf ties", [](const Tensor& x) { return x.norm(-kInf, {1}); });
    t.add("norm inf NaN", [](const Tensor& x) { return x.norm(kInf); });
    t.add("norm dtype", [](const Tensor& x) { return TensorList{x.norm(3, kFloat64), x.norm(2, 1, true, kFloat64)}; });
    t.add("norm empty", [](const Tensor& x) { return TensorList{x.norm(), x.norm(1, 1), x.norm(3, 1)}; });
}

void add_scans(Table& t) {
    struct Scan {
        std::string name;
        std::function<TensorList(const Tensor&, std::int64_t)> call;
    };
    const std::vector<Scan> scans = {
        {"cumsum", [](const Tensor& x, std::int64_t dim) { return list(x.cumsum(dim)); }},
        {"cumprod", [](const Tensor& x, std::int64_t dim) { return list(x.cumprod(dim)); }},
        {"cummax", [](const Tensor& x, std::int64_t dim) { return list(x.cummax(dim)); }},
        {"cummin", [](const Tensor& x, std::int64_t dim) { return list(x.cummin(dim)); }},
        {"logcumsumexp", [](const Tensor& x, std::int64_t dim) { return list(x.logcumsumexp(dim)); }}};
    for (const auto& [name, call] : scans) {
        const auto along = [f = call](std::int64_t dim) { return [=](const Tensor& x) { return f(x, dim); }; };
        for (const std::int64_t dim : {0, 1, -1}) t.add(name + " dim " + std::to_string(dim), along(dim));
        t.add(name + " of a number", along(0));
        t.add(name + " empty", along(1));
        t.add(name + " special", along(1));
    }
    t.add("cumprod zeros dim 0", [](const Tensor& x) { return x.cumprod(0); });
    t.add("cumprod zeros dim 1", [](const Tensor& x) { return x.cumprod(1); });
    t.add("cumsum dtypes", [](const Tensor& x) { return TensorList{x.cumsum(0), x.cumsum(1, kFloat64)}; });
    t.add("cumprod dtypes", [](const Tensor& x) { return TensorList{x.cumprod(0), x.cumprod(1, kFloat64)}; });
    t.add("cumsum in place", [](const Tensor& x) { return (x * 1).cumsum_(1); });
    t.add("cumprod in place", [](const Tensor& x) { return (x * 1).cumprod_(1); });
    for (const char* name : {"ties", "integers"}) {
        const std::int64_t dim = std::string(name) == "ties";
        t.add(std::string("cummax ") + name, [=](const Tensor& x) {
            const auto [largest, i] = x.cummax(1);
            const auto [smallest, j] = x.cummin(dim);
            return TensorList{largest, i, smallest, j};
        });
    }
    t.add("logcumsumexp large", [](const Tensor& x) { return x.logcumsumexp(1); });
}

}  // namespace

TEST_CASE("reductions and scans agree with PyTorch") {
    Table t;
    add_sums(t);
    add_extremes(t);
    add_variances(t);
    add_products(t);
    add_truth(t);
    add_norms(t);
    add_scans(t);
    Cases cases = t.cases();
    // The data, near 1e6, are rounded to 1e-10, which is 1e-7 of their deviations.
    cases.push_back(
        {"var far from zero", [](const TensorList& x) { return TensorList{x[0].var(0, false) * 1e3}; }, 1e-9});
    reference::check("reduction", cases);
}
