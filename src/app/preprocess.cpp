#include "xrayclf/app/preprocess.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>

#include <opencv2/core/utility.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/data/audit.hpp"
#include "xrayclf/data/data_directory.hpp"
#include "xrayclf/data/prepare.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

SourceOptions source_options(const PrepareConfig& config) {
  SourceOptions options;
  options.classes = config.classes;
  options.split_column = config.split.column;
  options.validation_values = config.split.validation;
  options.test_values = config.split.test;
  options.follow_symlinks = config.follow_symlinks;
  return options;
}

/// The images that could be prepared, with what the audit needs of them, in the order of the
/// sources.
struct Collection {
  std::vector<Record> records;
  std::vector<ImageTraits> images;
  std::vector<FileTraits> files;
  std::vector<PatientHint> patients;
};

/// Columns for what a DICOM film's attributes say; those of an input CSV win.
void add_attributes(std::map<std::string, std::string>& metadata, const DicomInfo& dicom) {
  const std::pair<const char*, const std::string&> columns[] = {{"view_position", dicom.view},
                                                                {"sex", dicom.sex},
                                                                {"age", dicom.age},
                                                                {"pixel_spacing_mm", dicom.spacing},
                                                                {"modality", dicom.modality}};
  for (const auto& [name, value] : columns) {
    std::string& cell = metadata[name];
    if (cell.empty()) cell = value;
  }
}

Collection collect(const SourceList& sources, Preparation& preparation) {
  Collection out;
  for (std::size_t i = 0; i < sources.images.size(); ++i) {
    const SourceImage& source = sources.images[i];
    std::optional<PreparedImage>& prepared = preparation.images[i];
    if (!prepared) continue;
    out.records.push_back({prepared->path, preparation.names[i], prepared->sha256, source.label,
                           source.patient_id, source.split, source.fold, prepared->info.width,
                           prepared->info.height, prepared->info.bit_depth,
                           prepared->prepared_sha256, source.metadata});
    if (prepared->info.dicom) add_attributes(out.records.back().metadata, *prepared->info.dicom);
    const bool dicom = prepared->info.dicom != nullptr && preparation.key.has_value();
    out.patients.push_back({source.name, prepared->patient, dicom ? &*preparation.key : nullptr});
    out.images.push_back(std::move(prepared->traits));
    out.files.push_back({prepared->file_bytes, prepared->info});
  }
  return out;
}

/// Says what an earlier run did otherwise, and withdraws its dataset.json: while files change, the
/// directory is no finished data set.
void announce_changes(const fs::path& root, const ordered_json& settings) {
  const fs::path path = root / kDatasetFile;
  std::error_code error;
  if (!fs::exists(path, error)) return;
  ordered_json before;
  try {
    before = read_json_file(path).at("settings");
  } catch (const std::exception& e) {
    spdlog::warn("{}: not readable, made anew ({})", printable(path.string()), e.what());
  }
  const auto changes = nlohmann::json::diff(before, settings);
  for (const auto& change : changes) {
    std::string key = change["path"].get<std::string>();
    std::replace(key.begin(), key.end(), '/', '.');
    spdlog::warn("{} was made with another {}; what depends on it is made again",
                 printable(root.string()),
                 key.empty() ? "configuration" : printable(key.substr(1)));
  }
  if (!fs::remove(path, error) && error) {
    throw IoError("cannot replace " + printable(path.string()) + ": " + error.message());
  }
}

/// The configuration as far as the result depends on it.
ordered_json settings_of(const PrepareConfig& config) {
  ordered_json settings = write_json(config);
  for (const char* key : {"output", "workers", "on_bad_image", "figures"}) settings.erase(key);
  settings["dicom"].erase("key_file");
  return settings;
}

/// In the company of DICOM films, names of other files may name patients too: what is left of them
/// is the first folder, which is a class or a split, and the extension.
std::vector<SkippedFile> without_names(std::vector<SkippedFile> files) {
  for (SkippedFile& file : files) {
    const fs::path path(file.name);
    std::string extension = path.extension().string();
    if (extension.size() > 5) extension.clear();
    const fs::path folder = path.has_parent_path() ? *path.begin() : fs::path();
    file.name = (folder / ("(name withheld)" + extension)).string();
  }
  return files;
}

fs::path key_file(const PrepareConfig& config) {
  if (!config.dicom.key_file.empty()) return config.dicom.key_file;
  fs::path output = fs::path(config.output).lexically_normal();
  if (!output.has_filename()) output = output.parent_path();
  return output += ".key";
}

void report_unread(const SourceList& sources, const Preparation& preparation,
                   const std::vector<SkippedFile>& skipped, BadImage policy) {
  for (const SkippedFile& file : preparation.unreadable) {
    spdlog::warn("{}: left out: {}", printable(file.name), printable(file.reason));
  }
  if (!skipped.empty()) {
    spdlog::warn("{} not used, for example {} ({}); see {}",
                 counted(static_cast<long long>(skipped.size()), "other file"),
                 printable(skipped.front().name), skipped.front().reason, kAuditFile);
  }
  if (preparation.unreadable.empty()) return;
  const std::string count =
      counted(static_cast<long long>(preparation.unreadable.size()), "image") + " of " +
      std::to_string(sources.images.size());
  if (policy == BadImage::fail) {
    const SkippedFile& first = preparation.unreadable.front();
    throw DataError(count + " cannot be read (on_bad_image is fail), the first " +
                    printable(first.name) + ": " + printable(first.reason));
  }
  spdlog::warn("{} left out because they cannot be read", count);
}

void refuse_empty_classes(const SourceList& sources, const std::vector<Record>& records) {
  std::vector<std::string> empty;
  for (const std::string& label : sources.classes) {
    if (std::none_of(records.begin(), records.end(),
                     [&](const Record& record) { return record.label == label; })) {
      empty.push_back("'" + printable(label) + "'");
    }
  }
  if (records.empty()) throw DataError("no image of the input can be read");
  if (!empty.empty()) throw DataError("no readable image in the class " + join(empty));
}

void divide(const PrepareConfig& config, const SourceList& sources, std::vector<Record>& records,
            const PatientOrigin& patients) {
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const bool given = sources.has_splits && config.split.method == SplitMethod::automatic;
  if (patients.alone > 0 && (!given || config.split.folds > 0)) {
    spdlog::warn(
        "the patient of {} is not known: each counts as a patient of its own, so that films of one "
        "patient may be in two splits; give patient_id in a CSV, or --patient_regex",
        counted(patients.alone, "image"));
  }
  const std::vector<std::string> groups = leak_free_groups(records);
  if (!given) assign_split(records, groups, sources.classes, config.split.fractions, seed);
  if (config.split.folds > 0) {
    assign_folds(records, groups, sources.classes, config.split.folds, seed);
  }
}

std::size_t serious_near_duplicates(const Audit& audit, const std::vector<Record>& records) {
  return static_cast<std::size_t>(
      std::count_if(audit.near.begin(), audit.near.end(), [&](const NearDuplicate& pair) {
        const Record& a = records[pair.first];
        const Record& b = records[pair.second];
        return a.split != b.split || a.label != b.label;
      }));
}

void refuse_leaks(const PrepareConfig& config, const Audit& audit,
                  const std::vector<Record>& records) {
  const std::vector<std::string> leaks = leak_messages(audit);
  if (!leaks.empty() && !config.allow_leaks) {
    throw DataError(join(leaks, "; ") + "; all are in " + kAuditFile +
                    "; --allow_leaks accepts them");
  }
  for (const std::string& leak : leaks) spdlog::warn("allowed: {}", leak);
  const std::size_t near = serious_near_duplicates(audit, records);
  if (near > 0 && config.fail_on_near) {
    throw DataError(counted(static_cast<long long>(near), "near-duplicate") +
                    " across splits or classes (fail_on_near); see " + kAuditFile);
  }
  if (near > 0) {
    spdlog::warn("{} across splits or classes; see {}",
                 counted(static_cast<long long>(near), "near-duplicate"), kAuditFile);
  }
}

ordered_json dataset_info(const PrepareConfig& config, const SourceList& sources,
                          const Audit& audit, const std::string& manifest) {
  const PreprocessConfig& preprocessing = config;
  ordered_json info;
  info["schema_version"] = kDatasetSchema;
  info["classes"] = sources.classes;
  info["counts"] = counts_json(audit.counts, sources.classes);
  info["patients"] = patients_json(audit.patients);
  info["preprocessing"] = write_json(preprocessing);
  info["fingerprint"] = preprocessing_fingerprint(preprocessing);
  info["split_from"] =
      sources.has_splits && config.split.method == SplitMethod::automatic ? "input" : "fractions";
  info["leaks_allowed"] = config.allow_leaks;
  info["seed"] = config.seed;
  info["settings"] = settings_of(config);
  info["manifest_sha256"] = sha256_hex(manifest);
  info["versions"] = version_info();
  return info;
}

}  // namespace

void preprocess(const PrepareConfig& config, std::ostream& out) {
  // Images are worked on side by side; threads within one would only get in each other's way.
  cv::setNumThreads(1);
  check_split(config.split);
  const SourceList sources = find_sources(config.input, source_options(config));
  const DataDirectory directory(config.output, config.input, sources);
  const fs::path& root = directory.path();
  announce_changes(root, settings_of(config));

  Preparation preparation = prepare_images(sources.images, config, root, config.workers,
                                           {config.dicom, key_file(config)});
  Audit audit;
  audit.classes = sources.classes;
  audit.unreadable = preparation.unreadable;
  audit.skipped = preparation.key ? without_names(sources.skipped) : sources.skipped;
  Collection collection = collect(sources, preparation);
  std::vector<Record>& records = collection.records;
  audit.patients = assign_patients(records, config.patient_regex, collection.patients);
  write_json_file(root / kAuditFile, audit_json(audit, {}));
  report_unread(sources, preparation, audit.skipped, config.on_bad_image);
  refuse_empty_classes(sources, records);

  divide(config, sources, records, audit.patients);
  audit_records(audit, records);
  audit.near = near_duplicates(records, collection.images, config.workers);
  if (config.baselines) {
    audit.shortcuts = shortcut_baselines(records, sources.classes, leak_free_groups(records),
                                         collection.images, collection.files,
                                         static_cast<std::uint64_t>(config.seed), config.workers);
  }
  write_json_file(root / kAuditFile, audit_json(audit, records));
  out << audit_text(audit, records);
  refuse_leaks(config, audit, records);
  if (config.figures) {
    write_data_figures(root, sources.classes, records, static_cast<std::uint64_t>(config.seed));
  }

  const std::string manifest = manifest_csv(records);
  write_file(root / kManifestFile, manifest);
  write_json_file(root / kDatasetFile, dataset_info(config, sources, audit, manifest));
  spdlog::info("{}: {} prepared ({} from an earlier run)", printable(root.string()),
               counted(static_cast<long long>(records.size()), "image"), preparation.reused);
}

}  // namespace xrayclf
