#pragma once

namespace benchmarks {

/// Watches how much of the machine is used by others while this process works.
class Others {
  public:
    Others();
    /// Processor time that other processes have used since construction, in processors: 1 is one of them all the time.
    double share() const;

  private:
    double others_, wall_;
};

}  // namespace benchmarks
