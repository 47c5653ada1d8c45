#pragma once

/// Functions that make tensors and compute with them, by family. All record the graph unless grad mode is off; shapes
/// broadcast by NumPy's rule; dtypes promote as PyTorch's. Shapes that do not fit throw ShapeError, dtypes DtypeError,
/// indices IndexError, other arguments ValueError; nothing is changed then.
#include <xgrad/autograd/elementwise.h>
#include <xgrad/autograd/functions/attention.h>
#include <xgrad/autograd/functions/convolution.h>
#include <xgrad/autograd/functions/distance.h>
#include <xgrad/autograd/functions/dropout.h>
#include <xgrad/autograd/functions/factories.h>
#include <xgrad/autograd/functions/indexing.h>
#include <xgrad/autograd/functions/linalg.h>
#include <xgrad/autograd/functions/loss.h>
#include <xgrad/autograd/functions/normalization.h>
#include <xgrad/autograd/functions/pooling.h>
#include <xgrad/autograd/functions/product.h>
#include <xgrad/autograd/functions/random.h>
#include <xgrad/autograd/functions/reduction.h>
#include <xgrad/autograd/functions/shape.h>
#include <xgrad/autograd/functions/sorting.h>
#include <xgrad/autograd/functions/special.h>
#include <xgrad/autograd/functions/vision.h>
