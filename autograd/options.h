#pragma once

#include <optional>

#include <xgrad/autograd/dtype.h>

namespace xgrad {

/// Where a tensor lives. xgrad computes on the CPU alone; the type exists for programs written against libtorch.
enum class DeviceType : std::int8_t { CPU };
inline constexpr DeviceType kCPU = DeviceType::CPU;
struct Device {
    Device(DeviceType = kCPU) {}
    bool is_cpu() const { return true; }
    bool is_cuda() const { return false; }
    bool operator==(const Device&) const { return true; }
};

enum class Layout : std::int8_t { Strided };
inline constexpr Layout kStrided = Layout::Strided;
enum class MemoryFormat : std::int8_t { Contiguous, Preserve };

/// How a factory makes its tensor: dtype and requires_grad; what is not set is the default of the factory.
class TensorOptions {
  public:
    TensorOptions() = default;
    TensorOptions(ScalarType dtype) : dtype_(dtype) {}
    TensorOptions(Device) {}
    TensorOptions(DeviceType) {}

    TensorOptions dtype(std::optional<ScalarType> dtype) const {
        TensorOptions out = *this;
        out.dtype_ = dtype;
        return out;
    }
    TensorOptions requires_grad(bool requires_grad) const {
        TensorOptions out = *this;
        out.requires_grad_ = requires_grad;
        return out;
    }
    TensorOptions device(Device) const { return *this; }
    TensorOptions layout(Layout) const { return *this; }

    bool has_dtype() const { return dtype_.has_value(); }
    /// The dtype, or the default dtype when none is set.
    ScalarType dtype() const { return dtype_.value_or(get_default_dtype()); }
    std::optional<ScalarType> dtype_opt() const { return dtype_; }
    bool requires_grad() const { return requires_grad_; }

  private:
    std::optional<ScalarType> dtype_;
    bool requires_grad_ = false;
};

inline TensorOptions dtype(ScalarType dtype) { return TensorOptions(dtype); }
inline TensorOptions requires_grad(bool on = true) { return TensorOptions().requires_grad(on); }
inline TensorOptions device(Device device) { return TensorOptions(device); }
inline TensorOptions layout(Layout) { return TensorOptions(); }

}  // namespace xgrad
