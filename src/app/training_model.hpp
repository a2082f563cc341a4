#pragma once

#include <filesystem>
#include <memory>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/model/checkpoint.hpp"

namespace xrayclf {

/// A network and how it is to be used.
struct Model {
  std::shared_ptr<Network> network;
  CheckpointInfo info;
};

/// What a new run begins with: a checkpoint's network if config.checkpoint names one, else
/// config.model's with its weights. On the CPU. Throws ConfigError, ModelError, IoError.
Model first_model(const TrainConfig& config, const PreparedSet& set);

/// Throws ModelError, with the differences, unless the data have the classes and the preprocessing
/// that the checkpoint in `directory` knows.
void require_fit(const CheckpointInfo& info, const std::filesystem::path& directory,
                 const PreparedSet& set);

}  // namespace xrayclf
