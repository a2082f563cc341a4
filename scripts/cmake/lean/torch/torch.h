// Stands before LibTorch's torch.h while this project is built. The original also brings data loaders, optimisers,
// serialisation, functional forms and every layer there is; what they leave open GCC 12 instantiates anew in each file
// that uses the precompiled header: 13 s a file against 5.5 s with this one, measured in turns. A file that needs
// another part of LibTorch includes it. Library users get LibTorch's own header.
#pragma once

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/enum.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>
