// Element-wise functions of a regular form, each on one line with the row (autograd/ops/rows_*.h) that computes it. The
// list is included wherever they are declared or defined, by macros of the includer's: no guard.
//
//     XGRAD_PREDICATE(name, Row)       free function and method
//     XGRAD_UNARY(name, Row)           the same and their in-place forms name_
//     XGRAD_BINARY(name, Row)          free function and method of two tensors
//     XGRAD_BINARY_INPLACE(name, Row)  the same and their in-place forms
//     XGRAD_BINARY_NUMBER(name, Row)   the same, also of a tensor and a number

XGRAD_UNARY(neg, Neg)
XGRAD_UNARY(abs, Abs)    // the gradient at 0 is 0
XGRAD_UNARY(sign, Sign)  // -1, 0 or 1; 0 for NaN
XGRAD_UNARY(sgn, Sign)
XGRAD_UNARY(square, Square)
XGRAD_UNARY(sqrt, Sqrt)
XGRAD_UNARY(rsqrt, Rsqrt)            // 1 / sqrt(x)
XGRAD_UNARY(reciprocal, Reciprocal)  // 1 / x
XGRAD_UNARY(exp, Exp)
XGRAD_UNARY(exp2, Exp2)
XGRAD_UNARY(expm1, Expm1)  // exp(x) - 1, exact near 0
XGRAD_UNARY(log, Log)      // natural logarithm
XGRAD_UNARY(log2, Log2)
XGRAD_UNARY(log10, Log10)
XGRAD_UNARY(log1p, Log1p)      // log(1 + x), exact near 0
XGRAD_UNARY(sigmoid, Sigmoid)  // 1 / (1 + exp(-x))
XGRAD_UNARY(sin, Sin)
XGRAD_UNARY(cos, Cos)
XGRAD_UNARY(tan, Tan)
XGRAD_UNARY(asin, Asin)
XGRAD_UNARY(acos, Acos)
XGRAD_UNARY(atan, Atan)
XGRAD_UNARY(sinh, Sinh)
XGRAD_UNARY(cosh, Cosh)
XGRAD_UNARY(tanh, Tanh)
XGRAD_UNARY(asinh, Asinh)
XGRAD_UNARY(acosh, Acosh)
XGRAD_UNARY(atanh, Atanh)
XGRAD_UNARY(sinc, Sinc)  // sin(pi x) / (pi x)
XGRAD_UNARY(erf, Erf)
XGRAD_UNARY(erfc, Erfc)      // 1 - erf(x), exact in the tail
XGRAD_UNARY(erfinv, Erfinv)  // the inverse of erf
XGRAD_UNARY(lgamma, Lgamma)  // log |gamma(x)|
XGRAD_UNARY(digamma, Digamma)
XGRAD_UNARY(floor, Floor)
XGRAD_UNARY(ceil, Ceil)
XGRAD_UNARY(trunc, Trunc)
XGRAD_UNARY(frac, Frac)               // x - trunc(x)
XGRAD_UNARY(logical_not, LogicalNot)  // true where x is zero
XGRAD_UNARY(relu, Relu)               // max(x, 0); NaN stays NaN, the gradient at 0 is 0
XGRAD_UNARY(absolute, Abs)            // other names
XGRAD_UNARY(negative, Neg)
XGRAD_UNARY(arcsin, Asin)
XGRAD_UNARY(arccos, Acos)
XGRAD_UNARY(arctan, Atan)
XGRAD_UNARY(arcsinh, Asinh)
XGRAD_UNARY(arccosh, Acosh)
XGRAD_UNARY(arctanh, Atanh)
XGRAD_UNARY(fix, Trunc)
XGRAD_PREDICATE(isnan, IsNan)
XGRAD_PREDICATE(isinf, IsInf)
XGRAD_PREDICATE(isfinite, IsFinite)

XGRAD_BINARY(maximum, Maximum)  // NaN if either is; ties share the gradient
XGRAD_BINARY(minimum, Minimum)
XGRAD_BINARY(fmax, Fmax)  // a NaN loses; the first of equals takes the gradient
XGRAD_BINARY(fmin, Fmin)
XGRAD_BINARY(logaddexp, Logaddexp)             // log(exp(a) + exp(b)) without overflow
XGRAD_BINARY_INPLACE(atan2, Atan2)             // the angle of the point (b, a)
XGRAD_BINARY_INPLACE(hypot, Hypot)             // sqrt(a^2 + b^2) without overflow
XGRAD_BINARY_INPLACE(logical_and, LogicalAnd)  // of x != 0
XGRAD_BINARY_INPLACE(logical_or, LogicalOr)
XGRAD_BINARY_INPLACE(logical_xor, LogicalXor)
XGRAD_BINARY_NUMBER(floor_divide, DivFloor)   // the quotient downwards; an integer zero below is an error
XGRAD_BINARY_NUMBER(remainder, Remainder)     // a - b floor(a / b), of the sign of b
XGRAD_BINARY_NUMBER(fmod, Fmod)               // a - b trunc(a / b), of the sign of a
XGRAD_BINARY_NUMBER(copysign, Copysign)       // |a| with the sign of b
XGRAD_BINARY_NUMBER(xlogy, Xlogy)             // a log(b), and 0 at a = 0
XGRAD_BINARY_NUMBER(bitwise_and, BitwiseAnd)  // of integers or bools
XGRAD_BINARY_NUMBER(bitwise_or, BitwiseOr)
XGRAD_BINARY_NUMBER(bitwise_xor, BitwiseXor)
XGRAD_BINARY_NUMBER(bitwise_left_shift, ShiftLeft)    // 0 when all bits are out
XGRAD_BINARY_NUMBER(bitwise_right_shift, ShiftRight)  // the sign stays
XGRAD_BINARY_NUMBER(eq, Eq)
XGRAD_BINARY_NUMBER(ne, Ne)
XGRAD_BINARY_NUMBER(lt, Lt)
XGRAD_BINARY_NUMBER(le, Le)
XGRAD_BINARY_NUMBER(gt, Gt)
XGRAD_BINARY_NUMBER(ge, Ge)
XGRAD_BINARY_INPLACE(arctan2, Atan2)  // other names
XGRAD_BINARY_NUMBER(not_equal, Ne)
XGRAD_BINARY_NUMBER(less, Lt)
XGRAD_BINARY_NUMBER(less_equal, Le)
XGRAD_BINARY_NUMBER(greater, Gt)
XGRAD_BINARY_NUMBER(greater_equal, Ge)

#undef XGRAD_PREDICATE
#undef XGRAD_UNARY
#undef XGRAD_BINARY
#undef XGRAD_BINARY_INPLACE
#undef XGRAD_BINARY_NUMBER
