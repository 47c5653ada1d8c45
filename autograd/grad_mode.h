#pragma once

namespace xgrad {

namespace detail {

// Two bits in a plain thread_local behind inline functions: it is read at every operation. The graph is recorded when
// neither is set.
inline constexpr unsigned char kGradDisabled = 1, kInference = 2;
inline thread_local unsigned char grad_state = 0;

/// Sets the state of this thread for a scope.
class GradStateGuard {
  public:
    explicit GradStateGuard(int state) : previous_(grad_state) { grad_state = static_cast<unsigned char>(state); }
    ~GradStateGuard() { grad_state = previous_; }
    GradStateGuard(const GradStateGuard&) = delete;
    GradStateGuard& operator=(const GradStateGuard&) = delete;

  private:
    unsigned char previous_;
};

inline int with_grad_enabled(bool enabled) {
    return enabled ? grad_state & ~kGradDisabled : grad_state | kGradDisabled;
}

}  // namespace detail

/// Whether operations of this thread record the graph. Each thread starts with true; under InferenceMode it is false.
struct GradMode {
    static bool is_enabled() { return detail::grad_state == 0; }
    static void set_enabled(bool enabled) {
        detail::grad_state = static_cast<unsigned char>(detail::with_grad_enabled(enabled));
    }
};

/// Sets the grad mode of this thread for a scope.
class AutoGradMode : private detail::GradStateGuard {
  public:
    explicit AutoGradMode(bool enabled) : GradStateGuard(detail::with_grad_enabled(enabled)) {}
};

/// Records nothing for a scope: evaluation, updates of parameters.
class NoGradGuard : private detail::GradStateGuard {
  public:
    NoGradGuard() : GradStateGuard(detail::grad_state | detail::kGradDisabled) {}
};

/// Evaluation whose results will never be part of a graph: nothing is recorded, and the tensors made are inference
/// tensors, which can neither be saved for backward nor be modified in place outside of this mode. A clone() made
/// outside is a normal tensor. `InferenceMode(false)` is the normal mode for a scope inside.
class InferenceMode : private detail::GradStateGuard {
  public:
    explicit InferenceMode(bool enabled = true)
        : GradStateGuard(enabled ? detail::kGradDisabled | detail::kInference : 0) {}
    static bool is_enabled() { return (detail::grad_state & detail::kInference) != 0; }
};

namespace autograd {

using xgrad::AutoGradMode;
using xgrad::GradMode;

}  // namespace autograd
}  // namespace xgrad
