#include <doctest/doctest.h>

#include <functional>

#include <xgrad/autograd/functions.h>

#include "samples.h"

using namespace xgrad;

namespace {

constexpr std::int64_t kRows = 2100, kColumns = 1001;  // 8.4 MB in single precision, rows that begin anywhere in a line

struct Case {
    const char* name;
    std::function<Tensor(const Tensor& x, const Tensor& row)> compute;  // row by row
};

}  // namespace

// Results of 8 MiB and more are written past the caches.
TEST_CASE("large results are those of their rows") {
    const Case cases[] = {
        {"runs", [](const Tensor& x, const Tensor& row) { return x * 2.0 + row; }},
        {"a number", [](const Tensor& x, const Tensor&) { return x + 1.5; }},
        {"double", [](const Tensor& x, const Tensor& row) { return x.to(kFloat64) * row; }},
        {"a comparison",
         [](const Tensor& x, const Tensor& row) {
             return cat({x > row, x<row, x> 0, x < 0}, -1);
         }},
        {"a copy", [](const Tensor& x, const Tensor&) { return x.clone(); }},
        {"in place", [](const Tensor& x, const Tensor& row) { return x.clone().mul_(row); }},
    };
    const Tensor x = randn({kRows, kColumns}, Generator(1), kFloat32), row = randn({kColumns}, Generator(2), kFloat32);
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const Tensor whole = c.compute(x, row);
        bool same = true;
        for (std::int64_t i = 0; i < kRows; ++i) same &= c.compute(x[i], row).equal(whole[i]);
        CHECK(same);
    }
}

TEST_CASE("a large result that begins anywhere in a line of the cache") {
    const Tensor x = randn({kRows * kColumns}, Generator(1), kFloat32);
    Tensor out = zeros({kRows * kColumns + 2}, kFloat32);
    out.slice(0, 1, -1).copy_(x);
    CHECK(out.slice(0, 1, -1).equal(x));
    CHECK(out[0].item<float>() == 0);
    CHECK(out[-1].item<float>() == 0);
}

TEST_SUITE("threads") {
    TEST_CASE("large results have the same bits for any number of threads") {
        const Tensor x = randn({kRows, kColumns}, Generator(1), kFloat32),
                     row = randn({kColumns}, Generator(2), kFloat32);
        samples::check_any_number_of_threads([&] { return TensorList{x * 2.0 + row, x.exp(), x.clone()}; });
    }
}
