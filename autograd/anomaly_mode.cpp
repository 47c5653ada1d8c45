#include <xgrad/autograd/anomaly_mode.h>

#include <utility>

namespace xgrad::detail {

namespace {

thread_local const std::string* current_place = nullptr;

}  // namespace

RecordingPlace::RecordingPlace(std::string place)
    : place_(std::move(place)), outer_(std::exchange(current_place, &place_)) {}
RecordingPlace::~RecordingPlace() { current_place = outer_; }

std::string RecordingPlace::current() { return current_place ? *current_place : std::string(); }

}  // namespace xgrad::detail
