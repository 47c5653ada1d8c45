#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "report.h"

namespace examples {

/// Right if it holds, else wrong.
inline Verdict right_if(bool holds) { return holds ? Verdict::kReproduced : Verdict::kDiffers; }

/// Collects the claims on the tasks that were chosen.
class Judge {
  public:
    /// Claims may stand under a name that is no task: a derivation of task 1a is judged with task 2a.
    using Homes = std::map<std::string, std::string>;

    Judge(std::set<std::string> tasks, Homes homes, bool quick)
        : tasks_(std::move(tasks)), homes_(std::move(homes)), quick_(quick) {}

    /// Whether claims on this task are wanted.
    bool concerns(const std::string& task) const;

    void add(const std::string& report, const std::string& task, const std::string& claim, Verdict verdict,
             const std::string& finding);
    /// A claim that only full runs can decide.
    void add_long(const std::string& report, const std::string& task, const std::string& claim, Verdict verdict,
                  const std::string& finding);

    const std::vector<Claim>& claims() const { return claims_; }

  private:
    std::set<std::string> tasks_;
    Homes homes_;
    bool quick_;
    std::vector<Claim> claims_;
};

}  // namespace examples
