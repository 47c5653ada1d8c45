#pragma once

/// Networks: modules, their functional forms, initialisation.
#include <xgrad/nn/activation.h>
#include <xgrad/nn/any_module.h>
#include <xgrad/nn/embedding.h>
#include <xgrad/nn/functional.h>
#include <xgrad/nn/gradcheck.h>
#include <xgrad/nn/init.h>
#include <xgrad/nn/linear.h>
#include <xgrad/nn/loss.h>
#include <xgrad/nn/module.h>
#include <xgrad/nn/module_containers.h>
#include <xgrad/nn/module_holder.h>
#include <xgrad/nn/normalization.h>
#include <xgrad/nn/ordered_dict.h>
#include <xgrad/nn/padding.h>
#include <xgrad/nn/parameter_containers.h>
#include <xgrad/nn/pixelshuffle.h>
#include <xgrad/nn/sequential.h>
#include <xgrad/nn/utils.h>
