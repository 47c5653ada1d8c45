#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace examples {

/// Says how far a training is: a bar that is redrawn on a terminal, else a line now and then.
class Progress {
  public:
    /// `total` steps at most; where there is no terminal, a line every `line_every` steps. What is trained has a name,
    /// or an empty one.
    Progress(std::int64_t total, std::int64_t line_every, std::string name = {}, std::FILE* out = stdout);
    /// As finish().
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// To be called after every step: `done` of them, the loss of the last one, the accuracy last measured.
    void update(std::int64_t done, double loss, double accuracy);
    /// Leaves the last state on the screen and moves to the next line.
    void finish();

    double seconds() const;

  private:
    using Clock = std::chrono::steady_clock;

    void draw();
    void print_line();

    std::int64_t total_;
    std::int64_t line_every_;
    std::string name_;
    std::FILE* out_;
    bool terminal_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point drawn_;
    std::int64_t done_ = 0;
    std::int64_t shown_ = 0;
    double loss_ = 0;  // a running mean: the loss of single batches jumps
    double accuracy_ = 0;
};

}  // namespace examples
