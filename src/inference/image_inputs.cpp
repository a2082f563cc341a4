#include "xrayclf/inference/image_inputs.hpp"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/public_names.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.empty() && name[0] == '.';
}

/// DICOM files from archives often have no extension: these are asked for the mark.
bool looks_like_image(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || is_dicom_file(path);
}

std::vector<fs::path> images_below(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(
      directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (hidden(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && looks_like_image(entry->path())) {
      found.push_back(entry->path());
    }
  }
  if (error) throw IoError("cannot read " + printable(directory.string()) + ": " + error.message());
  if (found.empty()) {
    throw DataError(printable(directory.string()) + ": no .png, .jpg, .jpeg or DICOM file in it");
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

void for_each_image(const std::vector<std::string>& inputs, std::istream& list,
                    const std::function<bool(const fs::path&)>& visit) {
  if (std::count(inputs.begin(), inputs.end(), "-") > 1) {
    throw ConfigError("'-' (a list of paths on standard input) can be given once");
  }
  for (const std::string& input : inputs) {
    if (input == "-") {
      for (std::string line; std::getline(list, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty() && !visit(line)) return;
      }
      continue;
    }
    std::error_code ignored;
    if (!fs::is_directory(input, ignored)) {
      if (!visit(input)) return;
      continue;
    }
    for (const fs::path& image : images_below(input)) {
      if (!visit(image)) return;
    }
  }
}

}  // namespace xrayclf
