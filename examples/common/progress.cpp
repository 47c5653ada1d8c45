#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "text.h"

namespace examples {

namespace {

bool is_terminal(std::FILE* out) {
    const char* term = std::getenv("TERM");
    return ::isatty(::fileno(out)) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t columns(std::FILE* out) {
    winsize size{};
    const bool known = ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(std::int64_t total, std::int64_t line_every, std::string name, std::FILE* out)
    : total_(total),
      line_every_(line_every),
      name_(name.empty() ? std::move(name) : std::move(name) + ": "),
      out_(out),
      terminal_(is_terminal(out)) {}

Progress::~Progress() { finish(); }

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void Progress::update(std::int64_t done, double loss, double accuracy) {
    constexpr double kShare = 0.02;  // of the last step in the running mean
    constexpr auto kInterval = std::chrono::milliseconds(100);
    loss_ += std::max(kShare, 1 / static_cast<double>(done)) * (loss - loss_);
    done_ = done;
    accuracy_ = accuracy;
    if (terminal_) {
        const auto now = Clock::now();
        if (now - drawn_ < kInterval) return;
        drawn_ = now;
        draw();
    } else if (done % line_every_ == 0) {
        print_line();
    }
}

void Progress::finish() {
    if (shown_ == done_ && !terminal_) return;
    if (terminal_ && done_ > 0) {
        draw();
        std::fputc('\n', out_);
    } else if (done_ > 0) {
        print_line();
    }
    std::fflush(out_);
    done_ = shown_ = 0;
}

void Progress::draw() {
    constexpr std::size_t kWidest = 40;
    const double part = static_cast<double>(done_) / static_cast<double>(total_);
    const double left = seconds() * (1 - part) / part;
    const std::string numbers = name_ + grouped(done_) + " steps, loss " + fixed(loss_, 4) + ", accuracy " +
                                fixed(accuracy_, 4) + ", at most " + clock_time(left) + " left";
    // A line as wide as the terminal could not be overwritten: the bar gives way, then the end is cut.
    const std::size_t room = columns(out_) - 1;
    const std::size_t width = std::min(kWidest, room > numbers.size() + 3 ? room - numbers.size() - 3 : 0);
    const auto full = std::min(width, static_cast<std::size_t>(part * static_cast<double>(width)));
    const std::string bar = std::string(full, '=') + std::string(full < width ? ">" : "");
    const std::string line = '[' + bar + std::string(width - bar.size(), ' ') + "] " + numbers;
    std::fprintf(out_, "\r%s\033[K", line.substr(0, room).c_str());
    std::fflush(out_);
}

void Progress::print_line() {
    shown_ = done_;
    std::fprintf(out_, "%sstep %s of at most %s: loss %.4f, accuracy %.4f, %.1f s\n", name_.c_str(),
                 grouped(done_).c_str(), grouped(total_).c_str(), loss_, accuracy_, seconds());
    std::fflush(out_);
}

}  // namespace examples
