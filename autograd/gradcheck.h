#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::autograd {

/// How derivatives are compared. The names are PyTorch's where it has them; the tolerances are stricter than PyTorch's
/// 1e-3 and 1e-5.
///
/// In single precision (float32 among outputs or inputs that are checked) a difference quotient of step 1e-6 is all
/// rounding. So the derivative is computed in float32 and the difference in float64, of inputs converted for the time
/// of it; rtol is 1e-3 and atol 1e-5 at least. A function that doesn't work in float64 is differenced in float32, with
/// eps 2^-7 and atol 1e-3 at least.
struct GradcheckOptions {
    double eps = 1e-6;   // step of the central difference
    double rtol = 1e-6;  // allowed: |analytic - numerical| <= atol + rtol * |numerical|
    double atol = 1e-8;
    bool check_backward_ad = true;  // compare what backward computes
    bool check_forward_ad = false;  // compare what func::jvp computes, with respect to the function's arguments
    bool second_order = false;      // then the derivatives of the gradients too, with ten times the tolerances
    /// Jacobians are compared entry by entry; in fast mode, or when they have more entries than the limit, by
    /// projections w^T J u with random directions u and w. Where one disagrees, bisection finds an entry that does.
    bool fast_mode = false;
    std::int64_t full_jacobian_limit = 200 * 200;
    int directions = 3;  // projections for each output and input
    std::uint64_t seed = 0;
    /// Leaves out what disagrees at a kink: where the slopes to both sides differ, by more than curvature explains, and
    /// the derivative lies between them.
    bool skip_kinks = false;
    /// True where elements of an input may be checked: `[](const Tensor& x) { return x.abs() > 1e-3; }`. The others are
    /// never moved. An undefined result means all.
    std::function<Tensor(const Tensor& input)> domain = nullptr;
    std::vector<std::string> names = {};  // of the inputs; "input 0" and so on where there is none
    std::size_t worst = 5;                // how many elements the result shows
    bool raise_exception = true;          // throw GradcheckError; otherwise return the result
    /// Multiplies the analytic derivative. With 1 + 1e-4 a check must fail: that is how to see that it can.
    double analytic_scale = 1;
};

/// Looser than those of first order, since the difference is taken of a computed derivative.
inline GradcheckOptions gradgradcheck_defaults() {
    GradcheckOptions options;
    options.rtol = 1e-5;
    options.atol = 1e-7;
    return options;
}

/// A derivative found in two ways: an entry of a Jacobian, or the derivative along a random direction.
struct GradcheckElement {
    std::string output, input;                            // "output 0", "input 1", "parameter fc1.weight"
    std::vector<std::int64_t> output_index, input_index;  // empty along a direction
    bool direction = false;
    bool forward = false;  // whether `analytic` is forward mode's
    double analytic = 0, numerical = 0;
    double allowed = 0;  // atol + rtol * |numerical|

    double error() const;           // |analytic - numerical|; 0 if both are NaN
    double relative_error() const;  // of the numerical value
    double ratio() const;           // error() / allowed; infinite if it is NaN
};

/// What a check found; true when all that was compared agrees. `std::cout << result` prints the worst elements, of a
/// failure those that fail, as a table.
struct GradcheckResult {
    std::int64_t checked = 0;             // entries and directions compared
    std::int64_t failed = 0;              // of these
    std::int64_t skipped = 0;             // entries and directions left out at kinks, and entries outside of the domain
    std::vector<GradcheckElement> worst;  // by ratio(), the worst first
    double eps = 0;                       // the step taken ...
    ScalarType dtype = kFloat64;          // ... and the precision of the difference

    bool passed() const { return failed == 0; }
    explicit operator bool() const { return passed(); }
};
std::ostream& operator<<(std::ostream& out, const GradcheckResult& result);

/// A derivative that does not agree with the difference. The message names output, input, elements and both numbers,
/// and goes on with the table of the worst elements.
class GradcheckError : public Error {
  public:
    explicit GradcheckError(GradcheckResult result);

    const GradcheckResult& result() const { return *result_; }

  private:
    std::shared_ptr<const GradcheckResult> result_;  // exceptions are copied
};

using TensorFunction = std::function<TensorList(const TensorList&)>;

/// Compares the derivatives of `function` at `inputs` that backward computes with central differences. The inputs that
/// require grad are checked; the others, of any dtype, are constants. Results of integer dtype are passed over. Throws
/// GradcheckError when an element differs by more than the tolerances; GraphError when no input requires grad;
/// ValueError or ShapeError when values, number or shapes of the results differ from call to call;
/// NotImplementedError when forward mode meets an operation that has none.
GradcheckResult gradcheck(const TensorFunction& function, const TensorList& inputs,
                          const GradcheckOptions& options = {});
GradcheckResult gradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                          const GradcheckOptions& options = {});

/// The same for the derivatives of the gradient (computed with create_graph), with respect to the inputs and to the
/// gradient of the outputs. Backward's gradient is taken as the function: gradcheck tells whether it is right.
GradcheckResult gradgradcheck(const TensorFunction& function, const TensorList& inputs,
                              const GradcheckOptions& options = gradgradcheck_defaults());
GradcheckResult gradgradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                              const GradcheckOptions& options = gradgradcheck_defaults());

/// Checks the outputs of `evaluate` against tensors that it reads without being given them. They are changed by the
/// difference and restored, also when `evaluate` throws. `names`, one for each, appear in messages. Throws ValueError
/// for a variable that shows an element of its memory more than once (an expanded one). See check_module for networks.
GradcheckResult gradcheck_variables(const std::function<TensorList()>& evaluate, const TensorList& variables,
                                    const std::vector<std::string>& names, const GradcheckOptions& options = {});

}  // namespace xgrad::autograd
