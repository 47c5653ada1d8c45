#pragma once

namespace xgrad {

namespace detail {
// A plain thread_local behind inline functions: it is read at every operation.
inline thread_local bool grad_mode_enabled = true;
}  // namespace detail

/// Whether operations of this thread record the graph. Each thread starts with true.
struct GradMode {
    static bool is_enabled() { return detail::grad_mode_enabled; }
    static void set_enabled(bool enabled) { detail::grad_mode_enabled = enabled; }
};

/// Sets the grad mode of this thread for a scope.
class AutoGradMode {
  public:
    explicit AutoGradMode(bool enabled) : previous_(GradMode::is_enabled()) { GradMode::set_enabled(enabled); }
    ~AutoGradMode() { GradMode::set_enabled(previous_); }
    AutoGradMode(const AutoGradMode&) = delete;
    AutoGradMode& operator=(const AutoGradMode&) = delete;

  private:
    bool previous_;
};

/// Records nothing for a scope: evaluation, updates of parameters.
class NoGradGuard : public AutoGradMode {
  public:
    NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace xgrad
