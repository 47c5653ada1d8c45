#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include <xgrad/autograd/dtype.h>

namespace xgrad {

/// Where a tensor lives. xgrad computes on the CPU alone; other devices can be named and compared, for programs written
/// against libtorch that choose one, but not used.
enum class DeviceType : std::int8_t { CPU, CUDA };
inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;
std::ostream& operator<<(std::ostream& out, DeviceType type);

class Device {
  public:
    Device(DeviceType type = kCPU, std::int8_t index = -1) : type_(type), index_(index) {}
    /// "cpu", "cuda" or "cuda:1". Throws ValueError for anything else.
    Device(const std::string& name);

    DeviceType type() const { return type_; }
    std::int8_t index() const { return index_; }
    bool has_index() const { return index_ >= 0; }
    bool is_cpu() const { return type_ == kCPU; }
    bool is_cuda() const { return type_ == kCUDA; }
    std::string str() const;
    bool operator==(const Device&) const = default;

  private:
    DeviceType type_;
    std::int8_t index_;  // -1: the current one
};
std::ostream& operator<<(std::ostream& out, const Device& device);

namespace detail {
[[noreturn]] void raise_device(const Device& device);
/// Throws NotImplementedError unless it is the CPU.
inline void check_device(const Device& device) {
    if (!device.is_cpu()) raise_device(device);
}
}  // namespace detail

enum class Layout : std::int8_t { Strided };
inline constexpr Layout kStrided = Layout::Strided;
enum class MemoryFormat : std::int8_t { Contiguous, Preserve };

/// How a factory makes its tensor: dtype and requires_grad; what is not set is the default of the factory.
class TensorOptions {
  public:
    TensorOptions() = default;
    TensorOptions(ScalarType dtype) : dtype_(dtype) {}
    TensorOptions(Layout) {}
    /// Throws NotImplementedError unless it is the CPU.
    TensorOptions(const Device& device) { detail::check_device(device); }
    TensorOptions(DeviceType device) : TensorOptions(Device(device)) {}

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
    template <class T>
    TensorOptions dtype() const {
        return dtype(scalar_type_v<T>);
    }
    TensorOptions device(const Device& device) const {
        detail::check_device(device);
        return *this;
    }
    TensorOptions device(DeviceType type, std::int8_t index) const { return device(Device(type, index)); }
    TensorOptions layout(Layout) const { return *this; }
    TensorOptions memory_format(MemoryFormat) const { return *this; }
    TensorOptions pinned_memory(bool) const { return *this; }

    bool has_dtype() const { return dtype_.has_value(); }
    /// The dtype, or the default dtype when none is set.
    ScalarType dtype() const { return dtype_.value_or(get_default_dtype()); }
    std::optional<ScalarType> dtype_opt() const { return dtype_; }
    bool requires_grad() const { return requires_grad_; }
    Device device() const { return kCPU; }
    Layout layout() const { return kStrided; }

  private:
    std::optional<ScalarType> dtype_;
    bool requires_grad_ = false;
};

inline TensorOptions dtype(ScalarType dtype) { return TensorOptions(dtype); }
inline TensorOptions requires_grad(bool on = true) { return TensorOptions().requires_grad(on); }
inline TensorOptions device(const Device& device) { return TensorOptions(device); }
inline TensorOptions layout(Layout) { return TensorOptions(); }

}  // namespace xgrad
