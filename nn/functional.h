#pragma once

/// Layers and losses as functions, without parameters of their own.
#include <xgrad/nn/functional/activation.h>
#include <xgrad/nn/functional/attention.h>
#include <xgrad/nn/functional/batchnorm.h>
#include <xgrad/nn/functional/conv.h>
#include <xgrad/nn/functional/distance.h>
#include <xgrad/nn/functional/dropout.h>
#include <xgrad/nn/functional/embedding.h>
#include <xgrad/nn/functional/fold.h>
#include <xgrad/nn/functional/linear.h>
#include <xgrad/nn/functional/loss.h>
#include <xgrad/nn/functional/normalization.h>
#include <xgrad/nn/functional/padding.h>
#include <xgrad/nn/functional/pixelshuffle.h>
#include <xgrad/nn/functional/pooling.h>
#include <xgrad/nn/functional/upsampling.h>
#include <xgrad/nn/functional/vision.h>
