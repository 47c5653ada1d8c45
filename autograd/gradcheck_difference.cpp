#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck_difference.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace xgrad::detail {

using autograd::GradcheckOptions;

namespace {

/// In single precision: the tolerances and the step that rounding allows. The step is a power of two, so that adding it
/// is exact.
constexpr double kSingleRtol = 1e-3, kSingleAtol = 1e-5, kSingleDifferenceAtol = 1e-3, kSingleStep = 1.0 / 128;

/// The elements of a float32 or float64 tensor, wherever they lie, by row-major position. Written past the version
/// counter: what is written is taken back, so that graphs stay valid.
class Elements {
  public:
    explicit Elements(const Tensor& x)
        : data_(x.data_ptr()), is_double_(x.dtype() == kFloat64), sizes_(x.sizes()), strides_(x.strides()) {}

    double get(std::int64_t at) const {
        return is_double_ ? static_cast<double*>(data_)[offset(at)] : static_cast<float*>(data_)[offset(at)];
    }
    void set(std::int64_t at, double value) const {
        if (is_double_)
            static_cast<double*>(data_)[offset(at)] = value;
        else
            static_cast<float*>(data_)[offset(at)] = static_cast<float>(value);
    }

  private:
    std::int64_t offset(std::int64_t at) const {
        std::int64_t offset = 0;
        for (std::size_t d = sizes_.size(); d-- > 0; at /= sizes_[d]) offset += at % sizes_[d] * strides_[d];
        return offset;
    }

    void* data_;
    bool is_double_;
    Dims sizes_, strides_;
};

/// While it lives, `step * direction` is added to the elements of `x`.
class Shift {
  public:
    Shift(const Tensor& x, const Direction& direction, double step) : elements_(x), direction_(direction) {
        before_.reserve(direction.size());
        for (const auto& [at, component] : direction) {
            before_.push_back(elements_.get(at));
            elements_.set(at, before_.back() + step * component);
        }
    }
    ~Shift() {
        for (std::size_t i = 0; i < direction_.size(); ++i) elements_.set(direction_[i].first, before_[i]);
    }
    Shift(const Shift&) = delete;
    Shift& operator=(const Shift&) = delete;

  private:
    Elements elements_;
    const Direction& direction_;
    std::vector<double> before_;
};

/// While it lives, those of the tensors that are float32 hold the same values in float64.
class InDouble {
  public:
    explicit InDouble(const TensorList& tensors) {
        for (const Tensor& x : tensors) {
            if (!x.defined() || x.dtype() != kFloat32) continue;
            const Tensor before = x.detach();
            x.set_data(before.to(kFloat64));
            converted_.emplace_back(x, before);
        }
    }
    ~InDouble() {
        for (const auto& [x, before] : converted_) x.set_data(before);
    }
    InDouble(const InDouble&) = delete;
    InDouble& operator=(const InDouble&) = delete;

  private:
    std::vector<std::pair<Tensor, Tensor>> converted_;
};

bool is_single(const Tensor& x) { return x.defined() && x.dtype() == kFloat32; }

}  // namespace

bool at_kink(const Line& line, double step, double derivative, double allowed) {
    const auto& [far_below, below, here, above, far_above] = line;
    const double left = (here - below) / step, right = (above - here) / step;
    const double jump = std::abs(right - left);
    // Of a smooth function the difference of the slopes grows with the distance; a factor of 4 to be sure.
    const double explained = 4 * std::abs(far_above - 2 * here + far_below) / (kFar * kFar * step);
    return jump > allowed && jump > explained && std::abs(derivative - (left + right) / 2) <= jump / 2 + allowed;
}

Differences::Differences(const GradcheckSubject& subject, const GradcheckOptions& options, const TensorList& outputs)
    : subject_(subject), step_(options.eps), rtol_(options.rtol), atol_(options.atol) {
    for (const Tensor& y : outputs) shapes_.push_back(is_checked(y) ? std::optional<Dims>(y.sizes()) : std::nullopt);
    if (std::ranges::none_of(subject.variables, is_single) && std::ranges::none_of(outputs, is_single)) return;
    rtol_ = std::max(rtol_, kSingleRtol);
    converts_ = works_in_double();
    atol_ = std::max(atol_, converts_ ? kSingleAtol : kSingleDifferenceAtol);
    if (converts_) return;
    step_ = std::max(step_, kSingleStep);
    dtype_ = kFloat32;
}

TensorList Differences::all_tensors() const {
    TensorList all = subject_.arguments;
    all.insert(all.end(), subject_.variables.begin(), subject_.variables.end());
    all.insert(all.end(), subject_.constants.begin(), subject_.constants.end());
    return all;
}

bool Differences::works_in_double() const {
    const NoGradGuard no_grad;
    const InDouble in_double(all_tensors());
    try {
        return std::ranges::none_of(subject_.function(subject_.arguments), is_single);
    } catch (const Error&) {  // float32 constants that it brings along, or kernels for float alone
        return false;
    }
}

TensorList Differences::at(std::size_t variable, const Direction& direction, double step) const {
    const Shift shift(subject_.variables[variable], direction, step);
    TensorList outputs = subject_.function(subject_.arguments);
    if (outputs.size() != shapes_.size())
        raise<ValueError>("gradcheck", "the function returned ", shapes_.size(), " outputs at first and ",
                          outputs.size(), " with ", subject_.names[variable],
                          " changed a little: it must return as many each time");
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        Tensor& y = outputs[o];
        if (!shapes_[o]) {
            y.reset();
        } else if (!y.defined() || y.sizes() != IntArrayRef(*shapes_[o])) {
            raise<ShapeError>("gradcheck", "output ", o, " had the shape ", shape_string(*shapes_[o]), " at first and ",
                              y.defined() ? shape_string(y.sizes()) : "none", " with ", subject_.names[variable],
                              " changed a little: it must keep its shape");
        } else {
            y = y.to(kFloat64, false, true).contiguous();  // a copy: it may be the variable itself
        }
    }
    return outputs;
}

TensorList Differences::central(std::size_t variable, const Direction& direction) const {
    const NoGradGuard no_grad;
    const InDouble in_double(converts_ ? all_tensors() : TensorList());
    TensorList up = at(variable, direction, step_);
    const TensorList down = at(variable, direction, -step_);
    for (std::size_t o = 0; o < up.size(); ++o)
        if (up[o].defined()) up[o].sub_(down[o]).div_(2 * step_);
    return up;
}

std::array<TensorList, 5> Differences::line(std::size_t variable, const Direction& direction) const {
    const NoGradGuard no_grad;
    const InDouble in_double(converts_ ? all_tensors() : TensorList());
    return {at(variable, direction, -kFar * step_), at(variable, direction, -step_), at(variable, direction, 0),
            at(variable, direction, step_), at(variable, direction, kFar * step_)};
}

}  // namespace xgrad::detail
