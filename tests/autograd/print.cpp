#include <doctest/doctest.h>

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include <xgrad/autograd/functions.h>

using namespace xgrad;

namespace {

Tensor make(const std::vector<double>& values, IntArrayRef sizes, ScalarType dtype) {
    return tensor(values, kFloat64).view(sizes).to(dtype);
}

std::string printed(const Tensor& x) {
    std::ostringstream out;
    out << x;
    return out.str();
}

}  // namespace

TEST_CASE("tensors are printed as libtorch prints them") {
    struct Case {
        const char* what;
        Tensor tensor;
        const char* expected;
    };
    const Case cases[] = {
        {"integers in a common width", make({1, 2, 3, 4, 50, -6}, {2, 3}, kFloat32), R"(  1   2   3
  4  50  -6
[ CPUFloatType{2,3} ])"},
        {"four decimals", make({0.5, -1.25, 10.125, 3}, {2, 2}, kFloat64), R"(  0.5000  -1.2500
 10.1250   3.0000
[ CPUDoubleType{2,2} ])"},
        {"a scale for large numbers", make({123456.5, 200000, 3000000.25}, {3}, kFloat32), R"(1e+06 *
 0.1235
 0.2000
 3.0000
[ CPUFloatType{3} ])"},
        {"small numbers", make({0.00125, 0.002, 0.003, 0.0045}, {2, 2}, kFloat32), R"(0.001 *
 1.2500  2.0000
  3.0000  4.5000
[ CPUFloatType{2,2} ])"},
        {"a wide range is written with exponents", make({1e-5, 0.5, 20000.5}, {3}, kFloat64), R"( 1.0000e-05
 5.0000e-01
 2.0000e+04
[ CPUDoubleType{3} ])"},
        {"three digits of exponent", make({1e-120, 1e150}, {2}, kFloat64), R"( 1.0000e-120
 1.0000e+150
[ CPUDoubleType{2} ])"},
        {"large integers", make({12345678901, -1}, {2}, kInt64), R"( 1.2346e+10
-1.0000e+00
[ CPULongType{2} ])"},
        {"nine digits", make({123456789, 7}, {2}, kInt32), R"(1.23457e+08
         7
[ CPUIntType{2} ])"},
        {"not a number and infinity", make({NAN, INFINITY, -0.5}, {3}, kFloat32), R"(    nan
    inf
-0.5000
[ CPUFloatType{3} ])"},
        {"nothing finite", make({NAN, -INFINITY}, {2}, kFloat64), R"(nan
-inf
[ CPUDoubleType{2} ])"},
        {"bool", make({1, 0, 1}, {3}, kBool), R"( 1
 0
 1
[ CPUBoolType{3} ])"},
        {"uint8", make({0, 255, 7, 30}, {2, 2}, kUInt8), R"(   0  255
   7   30
[ CPUByteType{2,2} ])"},
        {"a number", make({-0.1}, {}, kFloat64), R"(-0.1
[ CPUDoubleType{} ])"},
        {"an integer", make({42}, {}, kInt64), R"(42
[ CPULongType{} ])"},
        {"minus zero", make({-0.0}, {1}, kFloat32), R"(-0
[ CPUFloatType{1} ])"},
        {"negative numbers do not widen", make({0.5, -1234.5}, {2}, kFloat32), R"( 0.5000
-1234.5000
[ CPUFloatType{2} ])"},
        {"no elements", make({}, {0}, kFloat32), R"([ CPUFloatType{0} ])"},
        {"no columns", make({}, {2, 0}, kFloat64), R"([ CPUDoubleType{2,0} ])"},
        {"no elements, three dimensions", make({}, {2, 0, 3}, kFloat32), R"([ CPUFloatType{2,0,3} ])"},
        {"matrices", make({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2}, kFloat32), R"((1,.,.) = 
  1  2
  3  4

(2,.,.) = 
  5  6
  7  8
[ CPUFloatType{2,2,2} ])"},
        {"each matrix has its format", make({0.5, 0.25, 100000.5, 200000.5}, {2, 1, 2}, kFloat64), R"((1,.,.) = 
  0.5000  0.2500

(2,.,.) = 
 1e+05 *
  1.0000  2.0000
[ CPUDoubleType{2,1,2} ])"},
        {"a format that the matrix before left", make({0.5, 1234567}, {2, 1, 1}, kFloat64), R"((1,.,.) = 
  0.5000

(2,.,.) = 
 1.235e+06
[ CPUDoubleType{2,1,1} ])"},
        {"four dimensions", make({1, 2, 3, 4}, {2, 2, 1, 1}, kInt64), R"((1,1,.,.) = 
  1

(2,1,.,.) = 
  3

(1,2,.,.) = 
  2

(2,2,.,.) = 
  4
[ CPULongType{2,2,1,1} ])"},
        {"blocks of columns", arange(60, kFloat64).view({2, 30}) * 1.5,
         R"(Columns 1 to 8  0.0000   1.5000   3.0000   4.5000   6.0000   7.5000   9.0000  10.5000
 45.0000  46.5000  48.0000  49.5000  51.0000  52.5000  54.0000  55.5000

Columns 9 to 16 12.0000  13.5000  15.0000  16.5000  18.0000  19.5000  21.0000  22.5000
 57.0000  58.5000  60.0000  61.5000  63.0000  64.5000  66.0000  67.5000

Columns 17 to 24 24.0000  25.5000  27.0000  28.5000  30.0000  31.5000  33.0000  34.5000
 69.0000  70.5000  72.0000  73.5000  75.0000  76.5000  78.0000  79.5000

Columns 25 to 30 36.0000  37.5000  39.0000  40.5000  42.0000  43.5000
 81.0000  82.5000  84.0000  85.5000  87.0000  88.5000
[ CPUDoubleType{2,30} ])"},
        {"blocks of columns behind an indent", arange(46).view({1, 1, 46}), R"((1,.,.) = 
 Columns 1 to 19   0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18

Columns 20 to 38  19  20  21  22  23  24  25  26  27  28  29  30  31  32  33  34  35  36  37

Columns 39 to 46  38  39  40  41  42  43  44  45
[ CPULongType{1,1,46} ])"},
        {"blocks of columns with a scale", (arange(22, kFloat64) + 1).view({2, 11}) * 1e6 + 0.5,
         R"(Columns 1 to 101e+07 *
 0.1000  0.2000  0.3000  0.4000  0.5000  0.6000  0.7000  0.8000  0.9000  1.0000
  1.2000  1.3000  1.4000  1.5000  1.6000  1.7000  1.8000  1.9000  2.0000  2.1000

Columns 11 to 111e+07 *
 1.1000
  2.2000
[ CPUDoubleType{2,11} ])"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        CHECK(printed(c.tensor) == c.expected);
    }
    CHECK(printed(Tensor()) == "[ Tensor (undefined) ]");
}

TEST_CASE("printing reads any layout and gives the stream its format back") {
    const Tensor x = arange(6).view({2, 3});
    CHECK(printed(x.t().contiguous().t()) == printed(x));
    CHECK(printed(ones({2}, requires_grad())) == printed(ones({2})));
    std::ostringstream out;
    out << std::setprecision(3) << std::fixed << tensor({1.5, 1e6}) << 1.0;
    const std::string text = out.str();
    CHECK(text.substr(text.size() - 5) == "1.000");
}

TEST_CASE("print() names dtype and shape on the error stream") {
    std::ostringstream captured;
    auto* const before = std::cerr.rdbuf(captured.rdbuf());
    ones({2, 3}).print();
    Tensor().print();
    std::cerr.rdbuf(before);
    CHECK(captured.str() == "[CPUFloatType [2, 3]]\n[UndefinedTensor]\n");
}
