// Compiled for each architecture.
#include "formula.h"

#include <xgrad/autograd/fuse.h>

namespace ARCHITECTURE {

xgrad::Tensor formula(const xgrad::Tensor& x, const xgrad::Tensor& b) { return xgrad::fuse(Formula(), x, b); }

}  // namespace ARCHITECTURE
