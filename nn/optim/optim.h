#pragma once

/// Optimisers.
#include <xgrad/nn/optim/adagrad.h>
#include <xgrad/nn/optim/adam.h>
#include <xgrad/nn/optim/lbfgs.h>
#include <xgrad/nn/optim/optimizer.h>
#include <xgrad/nn/optim/rmsprop.h>
#include <xgrad/nn/optim/schedulers.h>
#include <xgrad/nn/optim/sgd.h>
