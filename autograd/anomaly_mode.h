#pragma once

#include <atomic>
#include <string>

namespace xgrad::autograd {

/// The search for the operation that spoils a gradient. While it is on, in all threads, every node remembers the module
/// in whose forward it was recorded, an error in backward names node and module, and a backward that returns NaN is
/// an error: "Function 'LogBackward0' returned nan values in its 0th output." Slow; off at the start.
struct AnomalyMode {
    static bool is_enabled() { return (state_.load(std::memory_order_relaxed) & kEnabled) != 0; }
    static bool should_check_nan() { return (state_.load(std::memory_order_relaxed) & kCheckNan) != 0; }
    static void set_enabled(bool enabled, bool check_nan = true) {
        state_.store(static_cast<unsigned char>((enabled ? kEnabled : 0) | (check_nan ? kCheckNan : 0)),
                     std::memory_order_relaxed);
    }

  private:
    static constexpr int kEnabled = 1, kCheckNan = 2;
    static inline std::atomic<unsigned char> state_{kCheckNan};
};

/// AnomalyMode::set_enabled by the name it has in Python.
inline void set_detect_anomaly(bool mode, bool check_nan = true) { AnomalyMode::set_enabled(mode, check_nan); }

/// Turns anomaly mode on for a scope.
class DetectAnomalyGuard {
  public:
    explicit DetectAnomalyGuard(bool check_nan = true)
        : previous_enabled_(AnomalyMode::is_enabled()), previous_check_nan_(AnomalyMode::should_check_nan()) {
        AnomalyMode::set_enabled(true, check_nan);
    }
    ~DetectAnomalyGuard() { AnomalyMode::set_enabled(previous_enabled_, previous_check_nan_); }
    DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
    DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

  private:
    bool previous_enabled_, previous_check_nan_;
};

}  // namespace xgrad::autograd

namespace xgrad::detail {

/// Tells nodes recorded by this thread, for a scope, where they are recorded.
class RecordingPlace {
  public:
    explicit RecordingPlace(std::string place);
    ~RecordingPlace();
    RecordingPlace(const RecordingPlace&) = delete;
    RecordingPlace& operator=(const RecordingPlace&) = delete;

    /// The innermost place, or "".
    static std::string current();

  private:
    std::string place_;
    const std::string* outer_;
};

}  // namespace xgrad::detail
