#include "judge.h"

namespace examples {

bool Judge::concerns(const std::string& task) const {
    const auto home = homes_.find(task);
    return tasks_.count(home == homes_.end() ? task : home->second) > 0;
}

void Judge::add(const std::string& report, const std::string& task, const std::string& claim, Verdict verdict,
                const std::string& finding) {
    if (concerns(task)) claims_.push_back({report, task, claim, verdict, finding});
}

void Judge::add_long(const std::string& report, const std::string& task, const std::string& claim, Verdict verdict,
                     const std::string& finding) {
    if (quick_) {
        add(report, task, claim, Verdict::kNote, "A quick run cannot tell.");
    } else {
        add(report, task, claim, verdict, finding);
    }
}

}  // namespace examples
