#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/product/blas.h>

#include "samples.h"

using namespace xgrad;
using ops::SkinnyProduct;

namespace {

/// A matrix in memory of its own with rows or columns longer than it needs and, between them, numbers that no one may
/// use. Small integers: sums of their products are exact in any order.
template <class T>
struct Padded {
    std::int64_t rows, columns, ld;
    bool transposed;
    std::vector<T> data;

    Padded(std::int64_t m, std::int64_t n, bool t, std::int64_t padding, unsigned seed)
        : rows(m), columns(n), ld((t ? m : n) + padding), transposed(t) {
        std::minstd_rand random(seed);
        data.assign(static_cast<std::size_t>((t ? n : m) * ld) + 1, std::numeric_limits<T>::quiet_NaN());
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) at(i, j) = static_cast<T>(static_cast<int>(random() % 7) - 3);
    }
    T& at(std::int64_t i, std::int64_t j) {
        return data[static_cast<std::size_t>(transposed ? j * ld + i : i * ld + j)];
    }
    SkinnyProduct::Matrix strides() const {
        return transposed ? SkinnyProduct::Matrix{1, ld} : SkinnyProduct::Matrix{ld, 1};
    }
    ops::BlasMatrix<T> blas() const { return {data.data(), transposed, ld}; }
};

/// Whether C = A B + beta * (what C was), and what lies between its rows is as it was.
template <class T>
bool holds(Padded<T>& a, Padded<T>& b, Padded<T>& before, Padded<T>& c, double beta) {
    std::vector<T> expected = before.data;
    const auto index = [&](std::int64_t i, std::int64_t j) {
        return static_cast<std::size_t>(&c.at(i, j) - c.data.data());
    };
    for (std::int64_t i = 0; i < c.rows; ++i)
        for (std::int64_t j = 0; j < c.columns; ++j) {
            double sum = beta == 0 ? 0 : beta * static_cast<double>(before.at(i, j));
            for (std::int64_t l = 0; l < a.columns; ++l)
                sum += static_cast<double>(a.at(i, l)) * static_cast<double>(b.at(l, j));
            expected[index(i, j)] = static_cast<T>(sum);
        }
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!(c.data[i] == expected[i] || (std::isnan(c.data[i]) && std::isnan(expected[i])))) return false;
    return true;
}

constexpr std::int64_t kSides[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 25};
constexpr std::int64_t kLengths[] = {0, 1, 3, 4, 5, 8, 15, 16, 17, 33, 300};

}  // namespace

TEST_CASE_TEMPLATE("kernels of skinny products agree with the sums they stand for", T, float, double) {
    const ops::SkinnyKernels& kernels = ops::kernels().skinny[sizeof(T) == 8];
    const auto check = [&](std::int64_t m, std::int64_t n, std::int64_t k, bool panels, bool ta, bool tc, double beta,
                           std::int64_t padding) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(panels);
        Padded<T> a(m, k, ta, padding, 1), b(k, n, !panels, padding, 2), c(m, n, tc, padding, 3), before = c;
        const SkinnyProduct p{m,           n,           k,           a.data.data(), b.data.data(), c.data.data(),
                              a.strides(), b.strides(), c.strides(), beta};
        (panels ? kernels.panels : kernels.dots)(p);
        CHECK(holds(a, b, before, c, beta));
    };
    for (const std::int64_t m : kSides)
        for (const std::int64_t n : kSides)
            for (const std::int64_t k : kLengths) {
                const double beta = static_cast<double>((m + n + k) % 3) / 2;
                const bool tc = (m + k) % 2 == 1;
                check(m, n, k, false, false, tc, beta, n % 4);
                check(m, n, k, true, (n + k) % 2 == 1, tc, beta, m % 4);
            }
    for (const std::int64_t n : {31, 32, 33, 47, 48, 49, 64, 70, 100}) {
        check(5, n, 40, true, true, false, 1, 1);
        check(14, n, 40, true, false, true, 0, 0);
    }
    for (const std::int64_t k : {4095, 4096, 4097, 9000}) {
        check(9, 7, k, false, false, false, 1, 3);
        check(3, 35, k, true, true, false, 0.5, 0);
    }
}

TEST_CASE_TEMPLATE("large products with a short side are right in every layout", T, float, double) {
    struct Case {
        std::int64_t m, n, k;
    };
    for (const Case s :
         {Case{128, 10, 784}, Case{10, 784, 128}, Case{32, 65, 785}, Case{1, 1003, 1000}, Case{1003, 1, 1000},
          Case{5, 2000, 101}, Case{2000, 5, 101}, Case{2, 3, 200000}, Case{16, 3001, 50}})
        for (const bool ta : {false, true})
            for (const bool tb : {false, true})
                for (const T beta : {T(0), T(1), T(-0.5)}) {
                    CAPTURE(s.m);
                    CAPTURE(s.n);
                    CAPTURE(s.k);
                    CAPTURE(ta);
                    CAPTURE(tb);
                    const std::int64_t padding = beta == 1 ? 3 : 0;
                    Padded<T> a(s.m, s.k, ta, padding, 1), b(s.k, s.n, tb, padding, 2), c(s.m, s.n, false, padding, 3),
                        before = c;
                    ops::gemm<T>(s.m, s.n, s.k, a.blas(), b.blas(), beta, c.data.data(), c.ld);
                    CHECK(holds(a, b, before, c, static_cast<double>(beta)));
                }
}

TEST_CASE("an element of a skinny product has the same bits wherever it and its operands lie") {
    for (const ScalarType dtype : {kFloat32, kFloat64}) {
        const Tensor x = randn({37, 1013}, Generator(1), dtype), w = randn({1013, 11}, Generator(2), dtype);
        const Tensor wide = x.t().contiguous();  // as the right operand of panels: rows of 37
        const auto product = [&](bool panels, const Tensor& a, const Tensor& b) {
            Tensor c = empty({a.size(0), b.size(1)}, dtype);
            const auto strides = [](const Tensor& t) { return SkinnyProduct::Matrix{t.stride(0), t.stride(1)}; };
            const SkinnyProduct p{a.size(0),    b.size(1),  a.size(1),  a.data_ptr(), b.data_ptr(),
                                  c.data_ptr(), strides(a), strides(b), strides(c),   0};
            const auto& kernels = ops::kernels().skinny[dtype == kFloat64];
            (panels ? kernels.panels : kernels.dots)(p);
            return c;
        };
        const Tensor columns = w.t().contiguous().t();
        const Tensor dots = product(false, x, columns), panels = product(true, w.t(), wide);
        CHECK(dots.allclose(panels.t(), 1e-3, 1e-3));
        for (const std::int64_t from : {1, 2, 5, 18, 36}) {
            CHECK(product(false, x.slice(0, from), columns).equal(dots.slice(0, from)));
            CHECK(product(true, w.t(), wide.slice(1, from)).equal(panels.slice(1, from)));
        }
        for (const std::int64_t from : {1, 4, 10}) {
            CHECK(product(false, x, columns.slice(1, from)).equal(dots.slice(1, from)));
            CHECK(product(true, w.t().slice(0, from), wide).equal(panels.slice(0, from)));
        }
        Tensor shifted = empty({37 * 1013 + 1}, dtype).slice(0, 1).reshape({37, 1013});
        shifted.copy_(x);
        CHECK(product(false, shifted, columns).equal(dots));
    }
}

TEST_CASE("infinities and NaN pass through skinny products, and what beta = 0 overwrites does not") {
    const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    for (const bool transposed : {false, true}) {
        const Tensor x = ones({128, 790}), w = transposed ? ones({790, 10}) : ones({10, 790}).t();
        x[3][789].fill_(infinity);
        x[4][5].fill_(nan);
        x[5][788].fill_(infinity);
        w[788][2].fill_(0);
        const Tensor y = x.mm(w);
        CHECK(y[3][0].item<double>() == infinity);
        CHECK(std::isnan(y[4][9].item<double>()));
        CHECK(y[5][1].item<double>() == infinity);
        CHECK(std::isnan(y[5][2].item<double>()));
        CHECK(y.slice(0, 6).slice(1, 3).eq(790).all().item<bool>());
    }
    std::vector<float> c(10 * 784, std::numeric_limits<float>::quiet_NaN());
    const std::vector<float> a(10 * 130, 1), b(130 * 784, 1);
    ops::gemm<float>(10, 784, 130, {a.data(), true, 10}, {b.data(), false, 784}, 0, c.data(), 784);
    CHECK(c == std::vector<float>(c.size(), 130));
}

TEST_CASE("a linear layer of large batches equals the same layer of its parts, gradients included") {
    for (const ScalarType dtype : {kFloat32, kFloat64}) {
        const double tolerance = dtype == kFloat32 ? 1e-4 : 1e-12;
        const Tensor x = randn({128, 800}, Generator(1), dtype).requires_grad_(),
                     w = randn({10, 800}, Generator(2), dtype).requires_grad_(),
                     bias = randn({10}, Generator(3), dtype).requires_grad_();
        const Tensor g = randn({128, 10}, Generator(4), dtype);
        const Tensor y = linear(x, w, bias);
        const TensorList whole = autograd::grad({y}, {x, w, bias}, {g});
        TensorList parts, products;
        for (std::int64_t i = 0; i < 128; i += 16) {
            parts.push_back(linear(x.slice(0, i, i + 16), w, bias));
            products.push_back(x.slice(0, i, i + 16).matmul(w.t()) + bias);
        }
        for (const Tensor& other : {cat(parts, 0), cat(products, 0)}) {
            CHECK(y.allclose(other, tolerance, tolerance));
            const TensorList gradients = autograd::grad({other}, {x, w, bias}, {g});
            for (std::size_t i = 0; i < 3; ++i) CHECK(whole[i].allclose(gradients[i], tolerance, 100 * tolerance));
        }
        const Tensor v = w.detach().t().contiguous().requires_grad_();
        const TensorList other = autograd::grad({x.mm(v)}, {x, v}, {g});
        CHECK(other[0].allclose(whole[0], tolerance, 100 * tolerance));
        CHECK(other[1].t().allclose(whole[1], tolerance, 100 * tolerance));
    }
}

TEST_SUITE("threads") {
    TEST_CASE("skinny products give the same bits for any number of threads") {
        struct Case {
            std::int64_t m, k, n;
        };
        for (const Case c : {Case{1000, 801, 10}, Case{11, 900, 997}, Case{9, 200, 5001}, Case{5001, 200, 9},
                             Case{1, 2001, 3001}, Case{32, 513, 603}})
            for (const ScalarType dtype : {kFloat32, kFloat64}) {
                const Tensor a = randn({c.m, c.k}, Generator(1), dtype), b = randn({c.k, c.n}, Generator(2), dtype);
                const Tensor at = a.t().contiguous().t(), bt = b.t().contiguous().t();
                samples::check_any_number_of_threads([&] {
                    return TensorList{a.mm(b), a.mm(bt), at.mm(b), at.mm(bt)};
                });
            }
    }
}
