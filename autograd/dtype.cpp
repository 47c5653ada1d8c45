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

const char* python_name(ScalarType dtype) {
    constexpr const char* kNames[] = {"bool", "uint8", "int32", "int64", "float32", "float64", "undefined"};
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
