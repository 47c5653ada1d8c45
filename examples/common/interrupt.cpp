#include "interrupt.h"

namespace examples {

namespace {
volatile std::sig_atomic_t pressed = 0;
}  // namespace

InterruptGuard::InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = [](int) { pressed = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // the second one finds the default action
    sigaction(SIGINT, &action, &previous_);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &previous_, nullptr);
    pressed = 0;
}

bool interrupted() { return pressed != 0; }

}  // namespace examples
