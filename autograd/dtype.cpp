#include <xgrad/autograd/dtype.h>
#include <xgrad/autograd/error.h>

#include <atomic>
#include <ostream>

namespace xgrad {

namespace {
std::atomic<ScalarType> default_dtype{kFloat32};
}

const char* to_string(ScalarType dtype) {
    constexpr const char* kNames[] = {"Bool", "Byte", "Int", "Long", "Float", "Double", "Undefined"};
    return kNames[static_cast<int>(dtype)];
}

std::ostream& operator<<(std::ostream& out, ScalarType dtype) { return out << to_string(dtype); }

ScalarType get_default_dtype() { return default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(ScalarType dtype) {
    if (!is_floating_point(dtype))
        raise<DtypeError>("set_default_dtype", "only floating-point types are supported as the default type, got ",
                          dtype);
    default_dtype.store(dtype, std::memory_order_relaxed);
}

}  // namespace xgrad
