#include "xrayclf/data/prepare.hpp"

#include <map>
#include <mutex>
#include <set>

#include "data/journal.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/public_names.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// Carries a message of the system, which names the file.
struct UnreadableSource : DataError {
  using DataError::DataError;
};

/// The source's bytes. Throws DataError with the reason if there are none to be had: a source that
/// cannot be read is a row in the audit, not the end of the run.
std::string read_source(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) throw DataError("no such file");
  // Asked before opening: even to open a FIFO or a device can have effects.
  if (!fs::is_regular_file(status)) throw DataError("not a regular file");
  const ImageLimits limits;
  const std::uintmax_t size = fs::file_size(file, error);
  if (!error && size > static_cast<std::uintmax_t>(limits.file_bytes)) {
    throw DataError(std::to_string(size) + " bytes, above the limit of " +
                    std::to_string(limits.file_bytes));
  }
  try {
    return read_file(file, static_cast<std::uintmax_t>(limits.file_bytes));
  } catch (const IoError& e) {
    throw UnreadableSource(e.what());
  }
}

/// Prepares one image after the other; safe from several threads.
class Preparer {
 public:
  Preparer(const PreprocessConfig& preprocessing, const fs::path& root, const DicomConfig& dicom,
           const std::optional<PatientKey>& key)
      : preprocessor_(preprocessing),
        key_(key),
        fingerprint_(preprocessing_fingerprint(preprocessing)),
        root_(root),
        journal_(root) {
    limits_.dicom = dicom;
  }

  /// `reused` receives whether the image of an earlier run was kept. Throws DataError for a source
  /// that cannot be read.
  PreparedImage prepare(const SourceImage& source, const std::string& path, bool& reused) {
    const std::string bytes = read_source(source.file);
    PreparedImage image;
    image.path = path;
    image.sha256 = sha256_hex(bytes);
    image.file_bytes = static_cast<std::int64_t>(bytes.size());
    image.info = probe_image(bytes, limits_);
    if (image.info.dicom && key_) image.patient = key_->pseudonym(dicom_patient_id(bytes));
    reused = reuse(image);
    if (!reused) make(image, bytes);
    return image;
  }

  const PreparationJournal& journal() const { return journal_; }
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  bool reuse(PreparedImage& image) const {
    const PreparationJournal::Entry* entry = journal_.find(image.path);
    if (entry == nullptr || entry->source_sha256 != image.sha256 ||
        entry->fingerprint != fingerprint_) {
      return false;
    }
    try {
      const std::string png = read_file(root_ / image.path);
      if (sha256_hex(png) != entry->prepared_sha256) return false;
      image.traits = image_traits(decode_image(png).grey);
      image.prepared_sha256 = entry->prepared_sha256;
      return true;
    } catch (const Error&) {
      return false;  // gone or damaged: made again
    }
  }

  void make(PreparedImage& image, const std::string& bytes) {
    const cv::Mat prepared = preprocessor_(decode_image(bytes, limits_));
    const std::string png = encode_png(prepared);
    image.prepared_sha256 = sha256_hex(png);
    image.traits = image_traits(prepared);
    write_file(root_ / image.path, png, Durability::killed_process);
    journal_.append({image.sha256, fingerprint_, image.prepared_sha256, image.path});
  }

  Preprocessor preprocessor_;
  const std::optional<PatientKey>& key_;
  ImageLimits limits_;
  std::string fingerprint_;
  fs::path root_;
  PreparationJournal journal_;
};

/// Removes what a killed run was about to write: the directory is locked, so nobody is at it.
void remove_half_written(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.path().filename().string().find(".png.tmp-") != std::string::npos) {
      fs::remove(entry.path(), ignored);
    }
  }
}

/// Removes the prepared images of earlier runs that this run did not make, and folders left empty.
void remove_stale(const PreparationJournal& journal, const fs::path& root,
                  const std::set<std::string>& current) {
  for (const auto& item : journal.earlier()) {
    if (current.count(item.first) > 0 || item.first.rfind("images/", 0) != 0 ||
        item.first.find("..") != std::string::npos) {
      continue;
    }
    std::error_code ignored;  // a file that stays is only untidy
    fs::remove(root / item.first, ignored);
    fs::remove((root / item.first).parent_path(), ignored);  // only succeeds when empty
  }
}

}  // namespace

Preparation prepare_images(const std::vector<SourceImage>& sources,
                           const PreprocessConfig& preprocessing, const fs::path& root,
                           std::int64_t workers, const DicomPreparation& dicom) {
  Preparation result;
  std::vector<fs::path> files;
  std::vector<std::string> own_names;
  for (const SourceImage& source : sources) {
    files.push_back(source.file);
    own_names.push_back(source.name);
  }
  result.names = public_names(files, own_names, workers);
  if (result.names != own_names) result.key = PatientKey::open(dicom.key_file);
  std::vector<SourceImage> named = sources;
  for (std::size_t i = 0; i < sources.size(); ++i) named[i].name = result.names[i];
  const std::vector<std::string> paths = prepared_paths(named);
  std::set<fs::path> folders;
  for (const std::string& path : paths) folders.insert((root / path).parent_path());
  for (const fs::path& folder : folders) {
    make_directories(folder);
    remove_half_written(folder);
  }

  Preparer preparer(preprocessing, root, dicom.config, result.key);
  result.images.resize(sources.size());
  std::vector<std::string> reasons(sources.size());
  std::mutex mutex;
  std::int64_t done = 0;
  Progress progress("preprocess", static_cast<std::int64_t>(sources.size()), "images");
  parallel_for(static_cast<std::int64_t>(sources.size()), workers, [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    if (interrupt_signal() != 0) {
      const std::lock_guard lock(mutex);
      throw_if_interrupted("interrupted with " + std::to_string(done) + " of " +
                           counted(static_cast<long long>(sources.size()), "image") +
                           " prepared; the same command goes on from there");
    }
    bool reused = false;
    try {
      result.images[i] = preparer.prepare(sources[i], paths[i], reused);
    } catch (const UnreadableSource& e) {
      // The system's message names the file.
      reasons[i] = result.names[i] == sources[i].name ? e.what() : "cannot be read";
    } catch (const DataError& e) {
      reasons[i] = e.what();
    }
    progress.advance();
    const std::lock_guard lock(mutex);
    ++done;
    if (reused) ++result.reused;
  });

  std::set<std::string> current;
  std::map<std::string, PreparationJournal::Entry> entries;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (const auto& image = result.images[i]) {
      current.insert(image->path);
      entries[image->path] = {image->sha256, preparer.fingerprint(), image->prepared_sha256,
                              image->path};
    } else {
      result.unreadable.push_back({result.names[i], reasons[i]});
    }
  }
  remove_stale(preparer.journal(), root, current);
  PreparationJournal::rewrite(root, entries);
  return result;
}

}  // namespace xrayclf
