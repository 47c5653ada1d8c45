#pragma once

#include <xgrad/autograd/functions.h>

namespace examples {

/// Makes a dtype the default for a scope.
class ScopedDtype {
  public:
    explicit ScopedDtype(xgrad::ScalarType dtype) : previous_(xgrad::get_default_dtype()) {
        xgrad::set_default_dtype(dtype);
    }
    ~ScopedDtype() { xgrad::set_default_dtype(previous_); }
    ScopedDtype(const ScopedDtype&) = delete;
    ScopedDtype& operator=(const ScopedDtype&) = delete;

  private:
    xgrad::ScalarType previous_;
};

}  // namespace examples
