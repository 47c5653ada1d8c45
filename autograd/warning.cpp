#include <xgrad/autograd/warning.h>

#include <iostream>
#include <mutex>
#include <utility>

namespace xgrad {

namespace {

struct State {
    std::mutex mutex;
    WarningHandler handler;
    bool always = false;
};

/// Never destroyed: destructors of static objects may warn.
State& state() {
    static auto* const state = new State;
    return *state;
}

}  // namespace

WarningHandler set_warning_handler(WarningHandler handler) {
    std::lock_guard lock(state().mutex);
    return std::exchange(state().handler, std::move(handler));
}

void warn(const std::string& message) {
    const WarningHandler handler = [] {
        std::lock_guard lock(state().mutex);
        return state().handler;
    }();
    if (handler)
        handler(message);
    else
        std::cerr << "Warning: " + message + '\n';
}

void set_warn_always(bool on) {
    std::lock_guard lock(state().mutex);
    state().always = on;
}

bool detail::warning_is_due(bool& given) {
    std::lock_guard lock(state().mutex);
    return !std::exchange(given, true) || state().always;
}

}  // namespace xgrad
