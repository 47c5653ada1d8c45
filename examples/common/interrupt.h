#pragma once

#include <csignal>

namespace examples {

/// While it lives, Ctrl-C does not end the program but is remembered, so that what was done can be saved. A second
/// Ctrl-C ends the program as ever.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

  private:
    struct sigaction previous_;
};

/// Whether Ctrl-C has been pressed since there is a guard; without one, false.
bool interrupted();

}  // namespace examples
