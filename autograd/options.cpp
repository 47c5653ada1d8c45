#include <xgrad/autograd/error.h>
#include <xgrad/autograd/options.h>

#include <charconv>
#include <ostream>
#include <string_view>

namespace xgrad {

std::ostream& operator<<(std::ostream& out, DeviceType type) { return out << (type == kCPU ? "cpu" : "cuda"); }

std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }

std::string Device::str() const {
    std::string name = detail::join(type_);
    if (has_index()) name += ':' + std::to_string(index_);
    return name;
}

Device::Device(const std::string& name) : Device() {
    const std::string_view text = name;
    const std::size_t colon = text.find(':');
    const std::string_view type = text.substr(0, colon);
    bool known = type == "cpu" || type == "cuda";
    if (type == "cuda") type_ = kCUDA;
    if (colon != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto [last, error] = std::from_chars(text.data() + colon + 1, end, index_);
        known &= error == std::errc() && last == end && index_ >= 0;
    }
    if (!known) raise<ValueError>("Device", "Invalid device string: '", name, "': expected cpu, cuda or cuda:1");
}

void detail::raise_device(const Device& device) {
    raise<NotImplementedError>("Device", "xgrad computes on the CPU alone, not on ", device,
                               ": choose the device by cuda::is_available()");
}

}  // namespace xgrad
