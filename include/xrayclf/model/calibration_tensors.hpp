#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <torch/torch.h>

#include <nlohmann/json.hpp>

namespace xrayclf {

/// amend_calibration() with tensors that a section needs: they become the file `name` of the
/// checkpoint, listed in its manifest, in place of an older one; none removes it. Throws as
/// amend_calibration(), and NumericError for values that are not finite.
void amend_calibration_tensors(const std::filesystem::path& directory, const nlohmann::json& patch,
                               const std::string& name,
                               const std::map<std::string, torch::Tensor>& tensors);

}  // namespace xrayclf
