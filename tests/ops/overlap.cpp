#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

/// Whether writing `self` from `input` is refused for the memory that they share.
bool refused(const Tensor& self, const Tensor& input) {
    try {
        Tensor(self).add_(input);
        return false;
    } catch (const GraphError& error) {
        CHECK(std::string(error.what()).find("refer to a single memory location") != std::string::npos);
        return true;
    }
}

Tensor matrix(std::int64_t rows, std::int64_t cols) { return arange(rows * cols, kFloat64).reshape({rows, cols}); }

std::multiset<std::int64_t> addresses(const Tensor& x) {
    std::multiset<std::int64_t> out{x.storage_offset()};
    for (std::int64_t d = 0; d < x.dim(); ++d) {
        std::multiset<std::int64_t> wider;
        for (const auto at : out)
            for (std::int64_t i = 0; i < x.size(d); ++i) wider.insert(at + i * x.stride(d));
        out = std::move(wider);
    }
    return out;
}

}  // namespace

TEST_CASE("in-place operations on parts of one tensor that share no element") {
    Tensor x = matrix(3, 4);
    x.slice(1, 0, 2).add_(x.slice(1, 2, 4));
    CHECK(x.equal(tensor({{2, 4, 2, 3}, {10, 12, 6, 7}, {18, 20, 10, 11}}, kFloat64)));
    x.slice(1, 1, 4).mul_(x.slice(1, 0, 1));
    CHECK(x.equal(tensor({{2, 8, 4, 6}, {10, 120, 60, 70}, {18, 360, 180, 198}}, kFloat64)));
    // Rows, columns, every other element, blocks, and what broadcasts out of them.
    CHECK(!refused(x[0], x[1]));
    CHECK(!refused(x.slice(0, 0, 2), x[2]));
    CHECK(!refused(x.select(1, 0), x.select(1, 3)));
    CHECK(!refused(x.slice(1, 0, 4, 2), x.slice(1, 1, 4, 2)));
    CHECK(!refused(x.slice(0, 0, 2).slice(1, 0, 2), x.slice(0, 1, 3).slice(1, 2, 4)));
    CHECK(!refused(x.slice(1, 1, 4), x.slice(1, 0, 1).expand({3, 3})));
    CHECK(!refused(x.slice(0, 1, 3), x.slice(0, 0, 1).expand({2, 4})));
    Tensor large = zeros({1000, 1001});
    CHECK(!refused(large.slice(1, 0, 500), large.slice(1, 501, 1001)));
    CHECK(!refused(large.slice(1, 0, 1001, 3), large.slice(1, 1, 1001, 3)));
    CHECK(!refused(large.view({-1}).slice(0, 0, 1000000, 3).slice(0, 0, 100000),
                   large.view({-1}).slice(0, 1, 1000000, 6).slice(0, 0, 100000)));
    // The same elements in the same places are no conflict, whatever dimensions of size 1 say.
    CHECK(!refused(x, x));
    CHECK(!refused(x, x.view({3, 4})));
    CHECK(!refused(x.unsqueeze(0), x));
    CHECK(!refused(x, x.unsqueeze(0).select(0, 0)));
    CHECK(!refused(x.select(1, 1).unsqueeze(1), as_strided(x, {3, 1}, {4, 7}, 1)));
}

TEST_CASE("in-place operations on parts of one tensor that share an element") {
    const Tensor x = matrix(3, 4);
    CHECK(refused(x.slice(1, 0, 3), x.slice(1, 1, 4)));
    CHECK(refused(x.slice(0, 0, 2), x.slice(0, 1, 3)));
    CHECK(refused(x, x[1]));
    CHECK(refused(x, x.slice(1, 2, 3)));
    CHECK(refused(x.slice(1, 0, 3), x.slice(1, 0, 3).t()));
    CHECK(refused(x.slice(1, 0, 2), x.slice(0, 1, 2).slice(1, 0, 1)));
    CHECK(refused(as_strided(x, {2, 2}, {5, 3}, 0), as_strided(x, {2, 2}, {5, 3}, 2)));  // both hold element 5
    const Tensor large = zeros({1000, 1001});
    CHECK(refused(large.select(1, 700), large.view({-1}).slice(0, 1000, 2000)));
}

TEST_CASE("in-place operations are refused exactly when the operands share elements unequally") {
    std::mt19937 random(1);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random() % static_cast<unsigned>(high - low + 1));
    };
    const Tensor memory = zeros({400}, kFloat64);
    int overlapping = 0, apart = 0;
    for (int i = 0; i < 6000; ++i) {
        std::vector<std::int64_t> sizes, strides[2];
        for (std::int64_t rank = draw(0, 3); rank > 0; --rank) {
            sizes.push_back(draw(1, 4));
            strides[0].push_back(draw(0, 25));
            strides[1].push_back(draw(0, 3) == 0 ? draw(0, 25) : strides[0].back());
        }
        const Tensor a = as_strided(memory, sizes, strides[0], draw(0, 60)),
                     b = as_strided(memory, sizes, strides[1], draw(0, 60));
        const auto in_a = addresses(a), in_b = addresses(b);
        if (std::set<std::int64_t>(in_a.begin(), in_a.end()).size() != in_a.size()) continue;  // refused for itself
        if (detail::has_overlap(a.sizes(), a.strides())) continue;
        bool meet = false;
        for (const auto at : in_b) meet |= in_a.count(at) > 0;
        bool equal = a.storage_offset() == b.storage_offset();
        for (std::size_t d = 0; d < sizes.size(); ++d) equal &= sizes[d] == 1 || strides[0][d] == strides[1][d];
        CAPTURE(detail::shape_string(a.sizes()));
        CAPTURE(detail::shape_string(a.strides()));
        CAPTURE(detail::shape_string(b.strides()));
        CAPTURE(b.storage_offset() - a.storage_offset());
        CHECK(refused(a, b) == (meet && !equal));
        (meet ? overlapping : apart) += 1;
    }
    CHECK(overlapping > 300);
    CHECK(apart > 300);
}
TEST_CASE("errors of in-place operations call them by the in-place name") {
    Tensor x = matrix(3, 4);
    CHECK_THROWS_WITH_AS(x.add_(ones({5, 4}, kFloat64)), doctest::Contains("[add_] "), ShapeError);
    CHECK_THROWS_WITH_AS(x.mul_(ones({2, 3, 4}, kFloat64)), doctest::Contains("[mul_] output with shape"), ShapeError);
    CHECK_THROWS_WITH_AS(Tensor(ones({2}, kInt64)).div_(ones({2})), doctest::Contains("[div_] result type"),
                         DtypeError);
    CHECK_THROWS_WITH_AS(x.add_(Tensor()), doctest::Contains("[add_] an input is an undefined Tensor"), Error);
    CHECK_THROWS_WITH_AS(Tensor(x.slice(1, 0, 3)).add_(x.slice(1, 1, 4)),
                         doctest::Contains("[add_] unsupported operation"), GraphError);
    CHECK_THROWS_WITH_AS(Tensor(ones({2}).requires_grad_()).exp_(), doctest::Contains("[exp_] a leaf Variable"),
                         GraphError);
    CHECK_THROWS_WITH_AS(x.copy_(ones({5, 4}, kFloat64)), doctest::Contains("[copy_] the source of shape"), ShapeError);
}
