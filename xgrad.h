#pragma once

/// Tensors with automatic differentiation, networks, optimisers and data. Opt-in, and not included here:
/// <xgrad/autograd/xtensor.h>, the bridge to xtensor, and <xgrad/torch.h>, the names of libtorch.
#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/anomaly_mode.h>
#include <xgrad/autograd/archive.h>
#include <xgrad/autograd/checkpoint.h>
#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functional.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/gradcheck.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/hooks.h>
#include <xgrad/autograd/indexing.h>
#include <xgrad/autograd/parallel.h>
#include <xgrad/autograd/tensor.h>
#include <xgrad/autograd/visualize.h>
#include <xgrad/autograd/warning.h>
#include <xgrad/datasets/datasets.h>
#include <xgrad/nn/nn.h>
#include <xgrad/nn/optim/optim.h>
