#pragma once

/// Everything about data: data sets, samplers, transforms and the loader.
#include <xgrad/datasets/dataset.h>
#include <xgrad/datasets/loader.h>
#include <xgrad/datasets/mnist.h>
#include <xgrad/datasets/sampler.h>
#include <xgrad/datasets/transforms.h>
