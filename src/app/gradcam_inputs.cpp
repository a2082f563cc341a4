#include "app/gradcam_inputs.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/dataset_info.hpp"
#include "xrayclf/data/sources.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/public_names.hpp"
#include "xrayclf/inference/image_inputs.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// The prepared set that an input means, or "".
fs::path prepared_set_of(const std::string& input) {
  const fs::path path(input);
  if (is_file(path / kDatasetFile)) return path;
  if (path.filename() == kManifestFile && is_file(path) &&
      is_file(path.parent_path() / kDatasetFile)) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
  }
  return {};
}

bool is_csv(const std::string& input) {
  std::string extension = fs::path(input).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".csv" && !is_folder(input);
}

/// The folder that the films of a set are named relative to.
fs::path films_of(const PreparedSet& set, const std::string& originals) {
  if (!originals.empty()) return originals;
  const fs::path input =
      set.info.value(nlohmann::ordered_json::json_pointer("/settings/input"), std::string());
  return is_folder(input) ? input : input.parent_path();
}

/// The DICOM films below a folder by their SHA-256, which is all that a set keeps of their names.
std::map<std::string, fs::path> dicom_films(const PreparedSet& set, const fs::path& folder) {
  std::map<std::string, fs::path> films;
  const bool any = std::any_of(set.records.begin(), set.records.end(), [](const Record& record) {
    return record.source.rfind("dicom-", 0) == 0;
  });
  if (!any || !is_folder(folder)) return films;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(
      folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_file(entry->path()) && is_dicom_file(entry->path())) {
      films.emplace(sha256_file(entry->path()), entry->path());
    }
  }
  return films;
}

/// A path below a folder as a name; what leads out of the folder is left off.
std::string name_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = folder.empty() ? path : path.lexically_relative(folder);
  std::string name;
  for (const auto& part : relative.empty() ? path : relative) {
    if (part == ".." || part == "." || part == "/" || part.empty()) continue;
    name += (name.empty() ? "" : "/") + part.string();
  }
  return name;
}

void require_same_preparation(const PreparedSet& set, const Classifier& classifier) {
  if (set.fingerprint == classifier.info().preprocessing_fingerprint) return;
  throw ModelError(printable(set.root.string()) + " was prepared otherwise than the images that " +
                   classifier.path().string() +
                   " was trained on; give the films themselves, or prepare them again");
}

void require_outside(const std::string& input, const std::string& output) {
  if (input == "-" || !is_folder(input)) return;
  const fs::path relative =
      fs::weakly_canonical(output).lexically_relative(fs::weakly_canonical(input));
  if (!relative.empty() && *relative.begin() != "..") {
    throw ConfigError("--output " + printable(output) + " lies in the input " + printable(input) +
                      ": the next run would take overlays for films");
  }
}

}  // namespace

GradcamInputs::GradcamInputs(const GradcamConfig& config, const Classifier& classifier,
                             std::istream& list)
    : dicom_(config.dicom) {
  if (std::count(config.input.begin(), config.input.end(), "-") > 1) {
    throw ConfigError("'-' (a list of paths on standard input) can be given once");
  }
  for (const std::string& input : config.input) {
    require_outside(input, config.output);
    if (const fs::path set = prepared_set_of(input); !set.empty()) {
      add_set(set, config, classifier);
    } else if (is_csv(input)) {
      add_csv(input, config);
    } else if (!config.split.empty()) {
      throw ConfigError("--split is for prepared data sets and CSV files; " + printable(input) +
                        " is neither");
    } else {
      add_files(input, classifier, list);
    }
  }
  drop_repeated();
  if (!dicom_.show_paths) name_dicom();
  if (images_.empty()) throw DataError("no image in the input");
}

void GradcamInputs::add_set(const fs::path& directory, const GradcamConfig& config,
                            const Classifier& classifier) {
  sets_.push_back(std::make_unique<PreparedSet>(PreparedSet::open(directory)));
  const PreparedSet& set = *sets_.back();
  require_same_preparation(set, classifier);
  std::vector<std::size_t> rows;
  if (config.split.empty()) {
    for (std::size_t i = 0; i < set.records.size(); ++i) rows.push_back(i);
  } else {
    rows = set.split(config.split);
  }
  const fs::path films = films_of(set, config.originals);
  const std::map<std::string, fs::path> dicom = dicom_films(set, films);
  std::size_t missing = 0;
  for (const std::size_t row : rows) {
    const Record& record = set.records[row];
    GradcamImage image;
    image.path = record.path;
    image.name = record.source;
    image.label = record.label;
    image.film_sha256 = record.sha256;
    image.set = &set;
    image.record = row;
    const auto by_content = dicom.find(record.sha256);
    if (by_content != dicom.end()) {
      image.film = by_content->second;
    } else if (is_file(films / record.source)) {
      image.film = films / record.source;
    } else {
      ++missing;
    }
    images_.push_back(std::move(image));
  }
  if (missing > 0) {
    spdlog::warn(
        "{} of {} films of {} are not in {}: their overlays are drawn on the prepared images; "
        "--originals DIR says where they lie",
        missing, rows.size(), printable(set.root.string()), printable(films.string()));
  }
}

void GradcamInputs::add_csv(const fs::path& file, const GradcamConfig& config) {
  const CsvTable table = read_csv(file);
  const std::size_t path = table.require("path");
  const auto label = table.find("label") ? table.find("label") : table.find("true");
  const auto split = table.find("split");
  if (!config.split.empty() && !split) {
    throw DataError(table.name + ": no column split for --split " + printable(config.split));
  }
  std::size_t taken = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    if (row[path].empty()) {
      throw DataError(table.name + ":" + std::to_string(table.lines[i]) + ": no path");
    }
    if (split && !config.split.empty() && row[*split] != config.split &&
        split_name(row[*split]) != config.split) {
      continue;
    }
    GradcamImage image;
    image.film = file.parent_path() / row[path];
    image.path = image.film.string();
    image.name = name_below(row[path], {});
    if (label) image.label = row[*label];
    images_.push_back(std::move(image));
    ++taken;
  }
  if (taken == 0) {
    throw DataError(
        table.name + ": no row" +
        (config.split.empty() ? "" : " in the split '" + printable(config.split) + "'"));
  }
}

void GradcamInputs::add_files(const std::string& input, const Classifier& classifier,
                              std::istream& list) {
  const fs::path folder = is_folder(input) ? fs::path(input) : fs::path();
  const auto& classes = classifier.classes();
  for_each_image({input}, list, [&](const fs::path& path) {
    GradcamImage image;
    image.film = path;
    image.path = path.string();
    image.name = folder.empty() ? path.filename().string() : name_below(path, folder);
    // A folder per class is the usual way to say what images show.
    const std::string parent = path.parent_path().filename().string();
    if (std::find(classes.begin(), classes.end(), parent) != classes.end()) image.label = parent;
    images_.push_back(std::move(image));
    return true;
  });
}

void GradcamInputs::drop_repeated() {
  std::set<std::string> seen;
  const auto key = [](const GradcamImage& image) {
    return image.set == nullptr ? image.path : (image.set->root / image.path).string();
  };
  const auto repeated = std::remove_if(images_.begin(), images_.end(), [&](const auto& image) {
    return !seen.insert(key(image)).second;
  });
  if (repeated == images_.end()) return;
  spdlog::warn("{} given more than once; each is explained once",
               counted(images_.end() - repeated, "image"));
  images_.erase(repeated, images_.end());
}

void GradcamInputs::name_dicom() {
  std::vector<fs::path> films;
  std::vector<std::string> paths;
  for (const GradcamImage& image : images_) {
    films.push_back(image.set == nullptr ? image.film : fs::path());
    paths.push_back(image.path);
  }
  const std::vector<std::string> names = public_names(films, paths, 0);
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (names[i] == paths[i]) continue;
    images_[i].path = images_[i].name = names[i];
    nameless_ = true;
  }
}

LoadedFilm GradcamInputs::load(const GradcamImage& image, const ImageExplainer& explainer) const {
  LoadedFilm loaded;
  ImageLimits limits;
  limits.dicom = dicom_;
  if (image.set == nullptr) {
    ImageFile file = read_image_file(image.film, limits);
    file.name = image.path;
    const DecodedImage film = decode_image_file(file, limits);
    loaded.grey = film.grey;
    loaded.prepared = explainer.prepare(film);
    return loaded;
  }
  loaded.prepared = image.set->read(image.set->records[image.record]);
  loaded.grey = loaded.prepared;
  if (image.film.empty()) return loaded;
  // Under the set's name: that of a DICOM file may name a patient.
  const std::string name = is_dicom_file(image.film) ? image.name : image.film.string();
  const std::string bytes = read_file(image.film);
  if (sha256_hex(bytes) != image.film_sha256) {
    throw DataError(printable(name) + ": not the film that was prepared (SHA-256 differs)");
  }
  try {
    loaded.grey = decode_image(bytes, limits).grey;
  } catch (const DataError& error) {
    throw DataError(printable(name) + ": " + error.what());
  }
  return loaded;
}

}  // namespace xrayclf
