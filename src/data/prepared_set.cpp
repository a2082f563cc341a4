#include "xrayclf/data/prepared_set.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/dataset_info.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

constexpr const char* kAgain = "; run xrayclf preprocess again";

std::string shown(const std::filesystem::path& path) { return printable(path.string()); }

/// The file's text; DataError where it is not there, because the directory is then no data set.
std::string read_part(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw DataError(shown(path.parent_path()) + ": no prepared data set (there is no " +
                    path.filename().string() +
                    "); make one with xrayclf preprocess, or let an interrupted run finish");
  }
  return read_file(path);
}

void read_info(PreparedSet& set, const std::filesystem::path& path) {
  const std::string text = read_part(path);
  try {
    const nlohmann::json info = parse_json(text, path.string());
    if (const auto schema = info.at("schema_version"); schema != kDatasetSchema) {
      throw DataError(shown(path) + ": schema version " + schema.dump() + ", this xrayclf reads " +
                      std::to_string(kDatasetSchema) + kAgain);
    }
    set.classes = info.at("classes").get<std::vector<std::string>>();
    set.preprocessing = read_json<PreprocessConfig>(info.at("preprocessing"), "preprocessing");
    set.fingerprint = info.at("fingerprint").get<std::string>();
    set.info = nlohmann::ordered_json::parse(text);
  } catch (const ConfigError& e) {
    throw DataError(shown(path) + ": " + e.what());
  } catch (const nlohmann::json::exception& e) {
    throw DataError(shown(path) + ": damaged (" + e.what() + ")" + kAgain);
  }
  if (set.fingerprint != preprocessing_fingerprint(set.preprocessing)) {
    throw DataError(shown(path) + ": the images were prepared by another version of the steps" +
                    kAgain);
  }
}

void check_files(const PreparedSet& set) {
  std::vector<std::string> missing;
  for (const Record& record : set.records) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(set.root / record.path, error)) {
      missing.push_back(record.path);
    }
  }
  if (missing.empty()) return;
  throw DataError(shown(set.root) + ": " +
                  counted(static_cast<long long>(missing.size()), "image") +
                  " of the manifest missing, the first " + printable(missing.front()) + kAgain);
}

void check_labels(const PreparedSet& set) {
  for (const Record& record : set.records) {
    if (std::find(set.classes.begin(), set.classes.end(), record.label) == set.classes.end()) {
      throw DataError(shown(set.root) + ": " + printable(record.path) + " has the label '" +
                      printable(record.label) + "', which is none of the classes " +
                      printable(join(set.classes)));
    }
  }
}

void check_patients(const PreparedSet& set) {
  if (set.info.value("leaks_allowed", false)) return;
  std::map<std::string, std::string> split_of;
  for (const Record& record : set.records) {
    if (record.split.empty()) continue;
    const auto [seen, is_new] = split_of.emplace(record.patient_id, record.split);
    if (!is_new && seen->second != record.split) {
      throw DataError(shown(set.root) + ": patient '" + printable(record.patient_id) + "' is in " +
                      seen->second + " and in " + record.split);
    }
  }
}

}  // namespace

PreparedSet PreparedSet::open(const std::filesystem::path& directory) {
  PreparedSet set;
  set.root = directory;
  read_info(set, directory / kDatasetFile);
  const std::filesystem::path manifest = directory / kManifestFile;
  const std::string text = read_part(manifest);
  if (set.info.value("manifest_sha256", "") != sha256_hex(text)) {
    throw DataError(shown(manifest) + ": not the manifest that " + kDatasetFile +
                    " was written with" + kAgain);
  }
  set.records = read_manifest(manifest);
  if (set.records.empty()) throw DataError(shown(manifest) + ": no image");
  check_labels(set);
  check_patients(set);
  check_files(set);
  return set;
}

std::vector<std::size_t> PreparedSet::split(std::string_view name) const {
  std::vector<std::size_t> indices;
  std::set<std::string> splits;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].split == name && !name.empty()) indices.push_back(i);
    if (!records[i].split.empty()) splits.insert(records[i].split);
  }
  if (!indices.empty()) return indices;
  const std::vector<std::string> known(splits.begin(), splits.end());
  throw DataError(shown(root) + ": no image in the split '" + printable(name) + "'" +
                  did_you_mean(name, known) +
                  "; splits with images: " + (known.empty() ? "none" : join(known)));
}

std::int64_t PreparedSet::class_index(const Record& record) const {
  const auto found = std::find(classes.begin(), classes.end(), record.label);
  if (found == classes.end()) {
    throw DataError(printable(record.path) + ": '" + printable(record.label) + "' is no class");
  }
  return found - classes.begin();
}

cv::Mat PreparedSet::read(const Record& record) const {
  const std::filesystem::path path = root / record.path;
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const IoError& e) {
    throw DataError(std::string(e.what()) + kAgain);
  }
  if (sha256_hex(bytes) != record.prepared_sha256) {
    throw DataError(shown(path) + ": changed since it was prepared (SHA-256 differs)" + kAgain);
  }
  cv::Mat image;
  try {
    image = decode_image(bytes).grey;
  } catch (const DataError& e) {
    throw DataError(shown(path) + ": " + e.what());
  }
  if (image.type() != CV_8UC1 || image.rows != preprocessing.image_size ||
      image.cols != preprocessing.image_size) {
    throw DataError(shown(path) + ": not an 8-bit grey image of " +
                    std::to_string(preprocessing.image_size) + " pixels a side" + kAgain);
  }
  return image;
}

}  // namespace xrayclf
