#pragma once

/// Helpers of training.
#include <xgrad/nn/utils/clip_grad.h>
#include <xgrad/nn/utils/convert_parameters.h>
#include <xgrad/nn/utils/rnn.h>
