#pragma once

/// Optimisers.
#include <xgrad/nn/optim/adam.h>
#include <xgrad/nn/optim/optimizer.h>
#include <xgrad/nn/optim/sgd.h>
