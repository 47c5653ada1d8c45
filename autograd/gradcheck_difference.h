#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <xgrad/autograd/gradcheck_subject.h>

namespace xgrad::detail {

/// A direction in the space of a variable: its components at row-major positions, where they are not 0.
using Direction = std::vector<std::pair<std::int64_t, double>>;

/// A function on a line through the point of the check: at -kFar, -1, 0, 1 and kFar steps.
using Line = std::array<double, 5>;
inline constexpr double kFar = 100;

/// Whether the slopes to both sides differ by more than curvature explains and the derivative lies between them, give
/// or take `allowed`.
bool at_kink(const Line& line, double step, double derivative, double allowed);

/// Difference quotients of a subject's outputs, in the precision and with the step that suit its dtypes.
class Differences {
  public:
    /// `outputs` are those at the point itself.
    Differences(const GradcheckSubject& subject, const autograd::GradcheckOptions& options, const TensorList& outputs);

    double step() const { return step_; }
    double rtol() const { return rtol_; }
    double atol() const { return atol_; }
    ScalarType dtype() const { return dtype_; }
    /// Whether variables change their dtype for a difference, so that graphs recorded before are not theirs any more.
    bool converts() const { return converts_; }

    /// (f(x + h u) - f(x - h u)) / 2h of each output, contiguous and float64; undefined for those without derivatives.
    TensorList central(std::size_t variable, const Direction& direction) const;
    /// The outputs at the points of a Line.
    std::array<TensorList, 5> line(std::size_t variable, const Direction& direction) const;

  private:
    TensorList at(std::size_t variable, const Direction& direction, double step) const;
    bool works_in_double() const;
    TensorList all_tensors() const;

    const GradcheckSubject& subject_;
    std::vector<std::optional<Dims>> shapes_;  // of the outputs that have derivatives
    double step_, rtol_, atol_;
    ScalarType dtype_ = kFloat64;
    bool converts_ = false;
};

}  // namespace xgrad::detail
