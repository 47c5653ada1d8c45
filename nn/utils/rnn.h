#pragma once

#include <xgrad/autograd/functions/shape.h>

/// Batches of sequences of different lengths.
namespace xgrad::nn::utils::rnn {

using xgrad::pad_sequence;

}  // namespace xgrad::nn::utils::rnn
