#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/ops/row_op.h>

using namespace xgrad;
namespace rows = ops::rows;

// Values, first and second derivatives at the edges of the numbers, as PyTorch gives them.

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double I = kInf, N = kNan;  // for the tables

constexpr std::size_t kCount = 15;
using Values = std::array<double, kCount>;
constexpr Values kPoints{0.0, -0.0, 1e-30, -1e-30, 20, -20, 100, -100, 1e4, -1e4, 1e30, -1e30, I, -I, N};

Values all(double value) {
    Values out;
    out.fill(value);
    return out;
}

/// A row as a function of one tensor.
struct Subject {
    std::size_t row;
    std::string name;
    std::function<Tensor(const Tensor&)> call;
};

template <class Row>
Subject subject(std::function<Tensor(const Tensor&)> call) {
    return {ops::AllRows::index<Row>(), Row::name, std::move(call)};
}
template <class Row>
Subject of(const Row& row = {}) {
    return subject<Row>([=](const Tensor& x) { return ops::apply_row(row, x); });
}
template <class Row>
Subject first(const Row& row, double other) {
    return subject<Row>([=](const Tensor& x) { return ops::apply_row(row, x, full({1}, other, x.dtype())); });
}
template <class Row>
Subject first(double other) {
    return first(Row{}, other);
}
template <class Row>
Subject second(const Row& row, double other) {
    return subject<Row>([=](const Tensor& x) { return ops::apply_row(row, full({1}, other, x.dtype()), x); });
}
template <class Row>
Subject second(double other) {
    return second(Row{}, other);
}
/// x or 2.
Subject chosen(bool condition) {
    return subject<rows::Where>([=](const Tensor& x) {
        return ops::apply_row(rows::Where{}, full({1}, condition), x, full({1}, 2.0, x.dtype()));
    });
}

struct Edge {
    Subject subject;
    Values value, first = {}, second = {};
    double slack = 0;                       // absolute error where a formula in y cancels: 1 - y of a y that is rounded
    double (*reference)(double) = nullptr;  // for float32, where 1e30 is another number for a periodic function
};

std::vector<Edge> edges() {
    // clang-format off
    return {
        {of<rows::Neg>(),
         {-0.0, 0, -1e-30, 1e-30, -20, 20, -100, 100, -10000, 10000, -1e30, 1e30, -I, I, N},
         all(-1),
         all(0)},
        {of<rows::Exp>(),
         {1, 1, 1, 1, 485165195.40979, 2.06115362243856e-9, 2.68811714181614e43, 3.72007597602084e-44, I, 0, I, 0, I,
          0, N},
         {1, 1, 1, 1, 485165195.40979, 2.06115362243856e-9, 2.68811714181614e43, 3.72007597602084e-44, I, 0, I, 0, I,
          0, N},
         {1, 1, 1, 1, 485165195.40979, 2.06115362243856e-9, 2.68811714181614e43, 3.72007597602084e-44, I, 0, I, 0, I,
          0, N}},
        {of<rows::Log>(),
         {-I, -I, -69.0775527898214, N, 2.99573227355399, N, 4.60517018598809, N, 9.21034037197618, N,
          69.0775527898214, N, I, N, N},
         {I, -I, 1e30, -1e30, 0.05, -0.05, 0.01, -0.01, 0.0001, -0.0001, 1e-30, -1e-30, 0, -0.0, N},
         {-I, -I, -1e60, -1e60, -0.0025, -0.0025, -0.0001, -0.0001, -1e-8, -1e-8, -1e-60, -1e-60, 0, 0, N}},
        {of<rows::Sqrt>(),
         {0, -0.0, 1e-15, N, 4.47213595499958, N, 10, N, 100, N, 1e15, N, I, N, N},
         {I, -I, 500000000000000, N, 0.111803398874989, N, 0.05, N, 0.005, N, 5e-16, N, 0, N, N},
         {-I, I, -2.5e44, N, -0.00279508497187474, N, -0.00025, N, -2.5e-7, N, -2.5e-46, N, 0, N, N}},
        {of<rows::Tanh>(),
         {0, -0.0, 1e-30, -1e-30, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, N},
         {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, N},
         {-0.0, 0, -2e-30, 2e-30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, N}},
        {of<rows::Sigmoid>(),
         {0.5, 0.5, 0.5, 0.5, 0.999999997938846, 2.0611536181902e-9, 1, 3.72007597602084e-44, 1, 0, 1, 0, 1, 0, N},
         {0.25, 0.25, 0.25, 0.25, 2.06115361394185e-9, 2.06115361394185e-9, 0, 3.72007597602084e-44, 0, 0, 0, 0, 0, 0,
          N},
         {0, 0, -1.25e-31, 1.25e-31, -2.06115360544514e-9, 2.06115360544514e-9, 0, 3.72007597602084e-44, 0, 0, 0, 0,
          0, 0, N}, 2e-16},
        {of<rows::ImprovedSigmoid>(),
         {0, -0.0, 1.14393333333333e-30, -1.14393333333333e-30, 1.715899999991, -1.715899999991, 1.7159, -1.7159,
          1.7159, -1.7159, 1.7159, -1.7159, 1.7159, -1.7159, N},
         {1.14393333333333, 1.14393333333333, 1.14393333333333, 1.14393333333333, 1.20025775982718e-11,
          1.20025775982718e-11, 0, 0, 0, 0, 0, 0, 0, 0, N},
         {-0.0, -0.0, -1.01682962962963e-30, 1.01682962962963e-30, -1.60034367976118e-11, 1.60034367976118e-11, 0, 0,
          0, 0, 0, 0, 0, 0, N}, 4e-16},
        {of<rows::Relu>(),
         {0, 0, 1e-30, 0, 20, 0, 100, 0, 10000, 0, 1e30, 0, I, 0, N},
         {0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
         all(0)},
        {of<rows::Abs>(),
         {0, 0, 1e-30, 1e-30, 20, 20, 100, 100, 10000, 10000, 1e30, 1e30, I, I, N},
         {0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 0},
         all(0)},
        {of<rows::Square>(),
         {0, 0, 1e-60, 1e-60, 400, 400, 10000, 10000, 100000000, 100000000, 1e60, 1e60, I, I, N},
         {0, -0.0, 2e-30, -2e-30, 40, -40, 200, -200, 20000, -20000, 2e30, -2e30, I, -I, N},
         all(2)},
        {of<rows::Reciprocal>(),
         {I, -I, 1e30, -1e30, 0.05, -0.05, 0.01, -0.01, 0.0001, -0.0001, 1e-30, -1e-30, 0, -0.0, N},
         {-I, -I, -1e60, -1e60, -0.0025, -0.0025, -0.0001, -0.0001, -1e-8, -1e-8, -1e-60, -1e-60, 0, 0, N},
         {I, -I, 2e90, -2e90, 0.00025, -0.00025, 2e-6, -2e-6, 2e-12, -2e-12, 2e-90, -2e-90, 0, -0.0, N}},
        {of<rows::Sin>(),
         {0, -0.0, 1e-30, -1e-30, 0.912945250727628, -0.912945250727628, -0.506365641109759, 0.506365641109759,
          -0.305614388888252, 0.305614388888252, 0.00933146893117582, -0.00933146893117582, N, N, N},
         {1, 1, 1, 1, 0.408082061813392, 0.408082061813392, 0.862318872287684, 0.862318872287684, -0.952155368259015,
          -0.952155368259015, -0.999956460895966, -0.999956460895966, N, N, N},
         {-0.0, 0, -1e-30, 1e-30, -0.912945250727628, 0.912945250727628, 0.506365641109759, -0.506365641109759,
          0.305614388888252, -0.305614388888252, -0.00933146893117582, 0.00933146893117582, N, N, N}, 0, std::sin},
        {of<rows::Cos>(),
         {1, 1, 1, 1, 0.408082061813392, 0.408082061813392, 0.862318872287684, 0.862318872287684, -0.952155368259015,
          -0.952155368259015, -0.999956460895966, -0.999956460895966, N, N, N},
         {-0.0, 0, -1e-30, 1e-30, -0.912945250727628, 0.912945250727628, 0.506365641109759, -0.506365641109759,
          0.305614388888252, -0.305614388888252, -0.00933146893117582, 0.00933146893117582, N, N, N},
         {-1, -1, -1, -1, -0.408082061813392, -0.408082061813392, -0.862318872287684, -0.862318872287684,
          0.952155368259015, 0.952155368259015, 0.999956460895966, 0.999956460895966, N, N, N}, 0, std::cos},
        {of<rows::LogicalNot>(), {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
        {of<rows::IsNan>(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
        {of(rows::AddScalar{0.7}),
         {0.7, 0.7, 0.7, 0.7, 20.7, -19.3, 100.7, -99.3, 10000.7, -9999.3, 1e30, -1e30, I, -I, N},
         all(1),
         all(0)},
        {of(rows::RsubScalar{0.7}),
         {0.7, 0.7, 0.7, 0.7, -19.3, 20.7, -99.3, 100.7, -9999.3, 10000.7, -1e30, 1e30, -I, I, N},
         all(-1),
         all(0)},
        {of(rows::MulScalar{0.7}),
         {0, -0.0, 7e-31, -7e-31, 14, -14, 70, -70, 7000, -7000, 7e29, -7e29, I, -I, N},
         all(0.7),
         all(0)},
        {of(rows::DivScalar{0.7}),
         {0, -0.0, 1.42857142857143e-30, -1.42857142857143e-30, 28.5714285714286, -28.5714285714286, 142.857142857143,
          -142.857142857143, 14285.7142857143, -14285.7142857143, 1.42857142857143e30, -1.42857142857143e30, I, -I, N},
         all(1.42857142857143),
         all(0)},
        {of(rows::RdivScalar{0.7}),
         {I, -I, 7e29, -7e29, 0.035, -0.035, 0.007, -0.007, 7e-5, -7e-5, 7e-31, -7e-31, 0, -0.0, N},
         {-I, -I, -7e59, -7e59, -0.00175, -0.00175, -7e-5, -7e-5, -7e-9, -7e-9, -7e-61, -7e-61, 0, 0, N},
         {I, -I, 1.4e90, -1.4e90, 0.000175, -0.000175, 1.4e-6, -1.4e-6, 1.4e-12, -1.4e-12, 1.4e-90, -1.4e-90, 0, -0.0,
          N}},
        {of(rows::PowScalar{1.75}),
         {0, 0, 3.16227766016838e-53, N, 189.148321800635, N, 3162.27766016838, N, 10000000, N, 3.16227766016838e52,
          N, I, I, N},
         {0, 0, 5.53398590529466e-23, N, 16.5504781575556, N, 55.3398590529466, N, 1750, N, 5.53398590529466e22, N, I,
          I, N},
         {I, I, 41504894.28971, N, 0.620642930908334, N, 0.4150489428971, N, 0.13125, N, 4.150489428971e-8, N, 0, 0,
          N}},
        {of(rows::PowScalar{3}),
         {0, -0.0, 1e-90, -1e-90, 8000, -8000, 1000000, -1000000, 1000000000000, -1000000000000, 1e90, -1e90, I, -I, N},
         {0, 0, 3e-60, 3e-60, 1200, 1200, 30000, 30000, 300000000, 300000000, 3e60, 3e60, I, I, N},
         {0, -0.0, 6e-30, -6e-30, 120, -120, 600, -600, 60000, -60000, 6e30, -6e30, I, -I, N}},
        {of(rows::PowScalar{-2}),
         {I, I, 1e60, 1e60, 0.0025, 0.0025, 0.0001, 0.0001, 1e-8, 1e-8, 1e-60, 1e-60, 0, 0, N},
         {-I, I, -2e90, 2e90, -0.00025, 0.00025, -2e-6, 2e-6, -2e-12, 2e-12, -2e-90, 2e-90, -0.0, 0, N},
         {I, I, 6e120, 6e120, 3.75e-5, 3.75e-5, 6e-8, 6e-8, 6e-16, 6e-16, 6e-120, 6e-120, 0, 0, N}},
        {of(rows::PowScalar{0}), all(1), all(0), all(0)},
        {of(rows::PowBase{1.75, std::log(1.75)}),
         {1, 1, 1, 1, 72570.6434401327, 1.37796766377709e-5, 2.01281967352778e24, 4.96815493783078e-25, I, 0, I, 0, I,
          0, N},
         {0.559615787935423, 0.559615787935423, 0.559615787935423, 0.559615787935423, 40611.6778097305,
          7.71132459914151e-6, 1.12640566757317e24, 2.78025794011943e-25, I, 0, I, 0, I, 0, N},
         {0.313169830106584, 0.313169830106584, 0.313169830106584, 0.313169830106584, 22726.9360768718,
          4.31537899157438e-6, 6.30354395193886e23, 1.55587623782365e-25, I, 0, I, 0, I, 0, N}},
        {of(rows::PowBase{0.5, std::log(0.5)}),
         {1, 1, 1, 1, 9.5367431640625e-7, 1048576, 7.88860905221012e-31, 1.26765060022823e30, 0, I, 0, I, 0, I, N},
         {-0.693147180559945, -0.693147180559945, -0.693147180559945, -0.693147180559945, -6.61036663589425e-7,
          -726817.498002825, -5.46796712307911e-31, -8.7866843948332e29, -0.0, -I, -0.0, -I, -0.0, -I, N},
         {0.480453013918201, 0.480453013918201, 0.480453013918201, 0.480453013918201, 4.58195699613763e-7,
          503791.499522292, 3.79010599475676e-31, 6.0904655147487e29, 0, I, 0, I, 0, I, N}},
        {of(rows::Clamp{-20, 50}),
         {0, -0.0, 1e-30, -1e-30, 20, -20, 50, -20, 50, -20, 50, -20, 50, -20, N},
         {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
         all(0)},
        {of(rows::Clamp{3, 1}), {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, N}, all(0), all(0)},
        {of(rows::Clamp{-kInf, kInf}), kPoints, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, all(0)},
        {first<rows::Add>(2), {2, 2, 2, 2, 22, -18, 102, -98, 10002, -9998, 1e30, -1e30, I, -I, N}, all(1), all(0)},
        {second<rows::Add>(2), {2, 2, 2, 2, 22, -18, 102, -98, 10002, -9998, 1e30, -1e30, I, -I, N}, all(1), all(0)},
        {first<rows::Sub>(2), {-2, -2, -2, -2, 18, -22, 98, -102, 9998, -10002, 1e30, -1e30, I, -I, N}, all(1), all(0)},
        {second<rows::Sub>(2), {2, 2, 2, 2, -18, 22, -98, 102, -9998, 10002, -1e30, 1e30, -I, I, N}, all(-1), all(0)},
        {first(rows::AddScaled{0.7}, 2),
         {1.4, 1.4, 1.4, 1.4, 21.4, -18.6, 101.4, -98.6, 10001.4, -9998.6, 1e30, -1e30, I, -I, N},
         all(1),
         all(0)},
        {second(rows::AddScaled{0.7}, 2),
         {2, 2, 2, 2, 16, -12, 72, -68, 7002, -6998, 7e29, -7e29, I, -I, N},
         all(0.7),
         all(0)},
        {first<rows::Mul>(2),
         {0, -0.0, 2e-30, -2e-30, 40, -40, 200, -200, 20000, -20000, 2e30, -2e30, I, -I, N},
         all(2),
         all(0)},
        {second<rows::Mul>(0), {0, -0.0, 0, -0.0, 0, -0.0, 0, -0.0, 0, -0.0, 0, -0.0, N, N, N}, all(0), all(0)},
        {first<rows::Div>(0.7),
         {0, -0.0, 1.42857142857143e-30, -1.42857142857143e-30, 28.5714285714286, -28.5714285714286, 142.857142857143,
          -142.857142857143, 14285.7142857143, -14285.7142857143, 1.42857142857143e30, -1.42857142857143e30, I, -I, N},
         all(1.42857142857143),
         all(0)},
        {second<rows::Div>(2),
         {I, -I, 2e30, -2e30, 0.1, -0.1, 0.02, -0.02, 0.0002, -0.0002, 2e-30, -2e-30, 0, -0.0, N},
         {-I, -I, -2e60, -2e60, -0.005, -0.005, -0.0002, -0.0002, -2e-8, -2e-8, -2e-60, -2e-60, 0, 0, N},
         {I, -I, 4e90, -4e90, 0.0005, -0.0005, 4e-6, -4e-6, 4e-12, -4e-12, 4e-90, -4e-90, 0, -0.0, N}},
        {first<rows::Pow>(3),
         {0, -0.0, 1e-90, -1e-90, 8000, -8000, 1000000, -1000000, 1000000000000, -1000000000000, 1e90, -1e90, I, -I, N},
         {0, 0, 3e-60, 3e-60, 1200, 1200, 30000, 30000, 300000000, 300000000, 3e60, 3e60, I, I, N},
         {0, -0.0, 6e-30, -6e-30, 120, -120, 600, -600, 60000, -60000, 6e30, -6e30, I, -I, N}},
        {first<rows::Pow>(-2),
         {I, I, 1e60, 1e60, 0.0025, 0.0025, 0.0001, 0.0001, 1e-8, 1e-8, 1e-60, 1e-60, 0, 0, N},
         {-I, I, -2e90, 2e90, -0.00025, 0.00025, -2e-6, 2e-6, -2e-12, 2e-12, -2e-90, 2e-90, -0.0, 0, N},
         {I, I, 6e120, 6e120, 3.75e-5, 3.75e-5, 6e-8, 6e-8, 6e-16, 6e-16, 6e-120, 6e-120, 0, 0, N}},
        {first<rows::Pow>(0), all(1), all(0), all(0)},
        {second<rows::Pow>(2),
         {1, 1, 1, 1, 1048576, 9.5367431640625e-7, 1.26765060022823e30, 7.88860905221012e-31, I, 0, I, 0, I, 0, N},
         {0.693147180559945, 0.693147180559945, 0.693147180559945, 0.693147180559945, 726817.498002825,
          6.61036663589425e-7, 8.7866843948332e29, 5.46796712307911e-31, I, 0, I, 0, I, 0, N},
         {0.480453013918201, 0.480453013918201, 0.480453013918201, 0.480453013918201, 503791.499522292,
          4.58195699613763e-7, 6.0904655147487e29, 3.79010599475676e-31, I, 0, I, 0, I, 0, N}},
        {second<rows::Pow>(0.5),
         {1, 1, 1, 1, 9.5367431640625e-7, 1048576, 7.88860905221012e-31, 1.26765060022823e30, 0, I, 0, I, 0, I, N},
         {-0.693147180559945, -0.693147180559945, -0.693147180559945, -0.693147180559945, -6.61036663589425e-7,
          -726817.498002825, -5.46796712307911e-31, -8.7866843948332e29, -0.0, -I, -0.0, -I, -0.0, -I, N},
         {0.480453013918201, 0.480453013918201, 0.480453013918201, 0.480453013918201, 4.58195699613763e-7,
          503791.499522292, 3.79010599475676e-31, 6.0904655147487e29, 0, I, 0, I, 0, I, N}},
        {second<rows::Pow>(0),
         {1, 1, 0, I, 0, I, 0, I, 0, I, 0, I, 0, I, N},
         {0, 0, 0, -I, 0, -I, 0, -I, 0, -I, 0, -I, 0, -I, N},
         {0, 0, 0, I, 0, I, 0, I, 0, I, 0, I, 0, I, N}},
        {second<rows::Pow>(-2),
         {1, 1, N, N, 1048576, 9.5367431640625e-7, 1.26765060022823e30, 7.88860905221012e-31, I, 0, I, 0, I, 0, N},
         all(N),
         all(N)},
        {first<rows::Maximum>(20),
         {20, 20, 20, 20, 20, 20, 100, 20, 10000, 20, 1e30, 20, I, 20, N},
         {0, 0, 0, 0, 0.5, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
         all(0)},
        {second<rows::Maximum>(20),
         {20, 20, 20, 20, 20, 20, 100, 20, 10000, 20, 1e30, 20, I, 20, N},
         {0, 0, 0, 0, 0.5, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
         all(0)},
        {first<rows::Maximum>(kNan), all(N), all(1), all(0)},
        {first<rows::Minimum>(20),
         {0, -0.0, 1e-30, -1e-30, 20, -20, 20, -100, 20, -10000, 20, -1e30, 20, -I, N},
         {1, 1, 1, 1, 0.5, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1},
         all(0)},
        {second<rows::Minimum>(20),
         {0, -0.0, 1e-30, -1e-30, 20, -20, 20, -100, 20, -10000, 20, -1e30, 20, -I, N},
         {1, 1, 1, 1, 0.5, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1},
         all(0)},
        {first<rows::Minimum>(kNan), all(N), all(1), all(0)},
        {first<rows::Eq>(20), {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
        {first<rows::Eq>(kNan), all(0)},
        {first<rows::Ne>(20), {1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
        {first<rows::Ne>(kNan), all(1)},
        {first<rows::Lt>(20), {1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}},
        {first<rows::Lt>(kNan), all(0)},
        {first<rows::Le>(20), {1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}},
        {first<rows::Le>(kNan), all(0)},
        {first<rows::Gt>(20), {0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0}},
        {first<rows::Gt>(kNan), all(0)},
        {first<rows::Ge>(20), {0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0}},
        {first<rows::Ge>(kNan), all(0)},
        {chosen(true), kPoints, all(1), all(0)},
        {chosen(false), all(2), all(0), all(0)},
    };
    // clang-format on
}

bool same(double a, double b, double relative, double absolute) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b)) return a == b;
    return std::abs(a - b) <= relative * std::abs(b) + absolute;
}

bool same(double a, double b) { return same(a, b, 1e-12, 0); }

Tensor points(ScalarType dtype) { return tensor(std::vector<double>(kPoints.begin(), kPoints.end()), dtype); }

void check(const std::string& what, const Tensor& result, const Values& expected, double relative, double absolute) {
    CAPTURE(what);
    const Tensor wide = result.detach().to(kFloat64).expand({kCount}).contiguous();
    for (std::size_t i = 0; i < kCount; ++i) {
        CAPTURE(kPoints[i]);
        const double got = wide.data_ptr<double>()[i];
        CHECK_MESSAGE(same(got, expected[i], relative, absolute), "got ", got, ", expected ", expected[i]);
    }
}

Tensor derivative(const Tensor& y, const Tensor& x, bool create_graph) {
    if (!y.requires_grad()) return zeros_like(x);
    return autograd::grad({y}, {x}, {ones_like(y)}, true, create_graph)[0];
}

}  // namespace

TEST_CASE("rows: values and two derivatives at the edges of the numbers") {
    std::set<std::size_t> covered;
    for (const Edge& edge : edges()) {
        covered.insert(edge.subject.row);
        CAPTURE(edge.subject.name);
        const Tensor x = points(kFloat64).requires_grad_();
        const Tensor y = edge.subject.call(x);
        check("value", y, edge.value, 1e-12, 0);
        for (std::size_t i = 0; i < kCount && y.is_floating_point(); ++i)
            if (edge.value[i] == 0)
                CHECK(std::signbit(y[static_cast<std::int64_t>(i)].item<double>()) == std::signbit(edge.value[i]));
        const Tensor recorded = derivative(y, x, true);
        check("first derivative, fused", derivative(y, x, false), edge.first, 1e-12, edge.slack);
        check("first derivative, recorded", recorded, edge.first, 1e-12, edge.slack);
        check("second derivative", derivative(recorded, x, false), edge.second, 1e-12, edge.slack);
    }
    ops::AllRows::for_each([&]<class Row>() {
        CAPTURE(Row::name);
        CHECK_MESSAGE(covered.count(ops::AllRows::index<Row>()) == 1, "a row without stated values");
    });
}

TEST_CASE("rows: values at the edges of the numbers in float32") {
    for (const Edge& edge : edges()) {
        CAPTURE(edge.subject.name);
        Values expected = edge.value;
        for (std::size_t i = 0; i < kCount; ++i) {
            if (edge.reference) expected[i] = edge.reference(static_cast<float>(kPoints[i]));
            expected[i] = static_cast<float>(expected[i]);
        }
        check("value", edge.subject.call(points(kFloat32)), expected, 1e-6, 2e-45);
    }
}

TEST_CASE("functions of their own form for some numbers, at the edges") {
    struct Form {
        std::string name;
        std::function<Tensor(const Tensor&)> call;
        double x, value, first, second;
    };
    const auto in_place = [](auto change) {
        return [change](const Tensor& x) {
            Tensor y = x * 1.0;
            change(y);
            return y;
        };
    };
    const Form forms[] = {
        {"pow 2", [](const Tensor& x) { return x.pow(2); }, -I, I, -I, 2},
        {"pow 1", [](const Tensor& x) { return x.pow(1); }, 0, 0, 1, 0},
        {"pow 1", [](const Tensor& x) { return x.pow(1.0); }, I, I, 1, 0},
        {"pow 0", [](const Tensor& x) { return x.pow(0); }, 0, 1, 0, 0},
        {"pow 0", [](const Tensor& x) { return x.pow(0.0); }, N, 1, 0, 0},
        {"pow 0.5", [](const Tensor& x) { return x.pow(0.5); }, 0, 0, I, -I},
        {"pow -1", [](const Tensor& x) { return x.pow(-1); }, 0, I, -I, I},
        {"pow_ 0", in_place([](Tensor& y) { y.pow_(0); }), 0, 1, 0, 0},
        {"pow_ 0", in_place([](Tensor& y) { y.pow_(0.0); }), -I, 1, 0, 0},
        {"pow_ 1", in_place([](Tensor& y) { y.pow_(1); }), 0, 0, 1, 0},
        {"pow_ 2", in_place([](Tensor& y) { y.pow_(2); }), 0, 0, 0, 2},
        {"pow_ 3", in_place([](Tensor& y) { y.pow_(3); }), -2, -8, 12, -12},
        {"pow_ 0.5", in_place([](Tensor& y) { y.pow_(0.5); }), 0, 0, I, -I},
        {"pow_ -1", in_place([](Tensor& y) { y.pow_(-1); }), -0.0, -I, -I, -I},
        {"0 to the x", [](const Tensor& x) { return pow(Scalar(0), x); }, 2, 0, 0, 0},
        {"0 to the x", [](const Tensor& x) { return pow(0.0, x); }, 0, 1, 0, 0},
        {"0 to the x", [](const Tensor& x) { return pow(0.0, x); }, -1, I, -I, I},
        {"clamp at a bound", [](const Tensor& x) { return x.clamp(-1.0, 1.0); }, 1, 1, 1, 0},
        {"clamp, upper bound below the lower", [](const Tensor& x) { return x.clamp(3, 1); }, 0, 1, 0, 0},
        {"clamp_", in_place([](Tensor& y) { y.clamp_(3, 1); }), 2, 1, 0, 0},
        {"clamp_min", [](const Tensor& x) { return x.clamp_min(0); }, N, N, 0, 0},
        {"where, safe branch", [](const Tensor& x) { return where(x > 0.0, x, x.clamp(std::nullopt, 0.0).exp()); }, 100,
         100, 1, 0},
    };
    for (const Form& form : forms) {
        CAPTURE(form.name);
        CAPTURE(form.x);
        const Tensor x = full({1}, form.x, kFloat64).requires_grad_();
        const Tensor y = form.call(x);
        CHECK(same(y.item<double>(), form.value));
        const Tensor recorded = derivative(y, x, true);
        CHECK(same(derivative(y, x, false).item<double>(), form.first));
        CHECK(same(recorded.item<double>(), form.first));
        CHECK(same(derivative(recorded, x, false).item<double>(), form.second));
    }
}

TEST_CASE("no gradient, however large, passes where the derivative is a 0 of choice") {
    using F = std::function<Tensor(const Tensor&)>;
    const std::pair<const char*, F> cases[] = {
        {"relu", [](const Tensor& x) { return x.relu(); }},
        {"clamp", [](const Tensor& x) { return x.clamp(0.0, 10.0); }},
        {"maximum", [](const Tensor& x) { return maximum(x, zeros({2}, kFloat64)); }},
        {"minimum", [](const Tensor& x) { return -minimum(-x, zeros({2}, kFloat64)); }},
        {"where", [](const Tensor& x) { return where(x > 0.0, x, 0.0); }},
    };
    for (const auto& c : cases)
        for (const bool record : {false, true})
            for (const double incoming : {kInf, kNan}) {
                CAPTURE(c.first);
                CAPTURE(record);
                const Tensor x = tensor({-1., 1.}, kFloat64).requires_grad_();
                const Tensor g = autograd::grad({c.second(x)}, {x}, {full({2}, incoming, kFloat64)}, true, record)[0];
                CHECK(g[0].item<double>() == 0);
                CHECK(same(g[1].item<double>(), incoming));
            }
}
