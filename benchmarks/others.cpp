#include "others.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace benchmarks {

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds of processor time of all but this process since some moment, what a hypervisor took included.
double used_by_others() {
    std::ifstream stat("/proc/stat");
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    rusage own{};
    getrusage(RUSAGE_SELF, &own);
    return (user + nice + system + irq + softirq + steal) / static_cast<double>(sysconf(_SC_CLK_TCK)) -
           seconds(own.ru_utime) - seconds(own.ru_stime);
}

}  // namespace

Others::Others() : others_(used_by_others()), wall_(wall()) {}

double Others::share() const { return std::max(0.0, (used_by_others() - others_) / (wall() - wall_)); }

}  // namespace benchmarks
