#include "data/source_tree.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// Formats whose files are meant as images: one that cannot be read is a broken image and not some
/// other file. Only JPEG, PNG and DICOM are read; the codec refuses the others by name.
bool has_image_extension(const fs::path& path) {
  static constexpr std::array<std::string_view, 15> kExtensions{
      ".png",  ".jpg", ".jpeg", ".jpe",  ".jfif", ".dcm",  ".dicom", ".tif",
      ".tiff", ".bmp", ".gif",  ".webp", ".heic", ".avif", ".jp2"};
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

/// Whether the file starts as a PNG, a JPEG or a DICOM file does (the last often have no
/// extension); only ever asked of regular files.
bool has_image_signature(const fs::path& path) {
  std::array<char, 132> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<std::size_t>(file.gcount()));
  return bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n" || bytes.substr(0, 3) == "\xFF\xD8\xFF" ||
         (bytes.size() == head.size() && bytes.substr(128) == "DICM");
}

std::string kind_of(const fs::file_status& status) {
  switch (status.type()) {
    case fs::file_type::fifo:
      return "a FIFO";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::block:
    case fs::file_type::character:
      return "a device";
    case fs::file_type::not_found:
      return "a dangling symbolic link";
    default:
      return "not a regular file";
  }
}

class TreeLister {
 public:
  TreeLister(fs::path root, bool follow_symlinks, SourceList& list)
      : root_(std::move(root)), follow_symlinks_(follow_symlinks), list_(list) {}

  /// Subfolders that may be classes or splits; whatever else stands there is listed as skipped.
  std::vector<fs::path> folders(const fs::path& directory, const char* why_files_are_skipped) {
    std::vector<fs::path> out;
    for (const fs::path& path : entries(directory)) {
      const auto status = usable_status(path);
      if (!status) continue;
      if (status->type() == fs::file_type::directory) {
        out.push_back(path);
      } else {
        skip(path, why_files_are_skipped);
      }
    }
    return out;
  }

  /// All images under a class folder, at any depth.
  void add_images(const fs::path& directory, const std::string& label, const std::string& split) {
    for (const fs::path& path : entries(directory)) {
      const auto status = usable_status(path);
      if (!status) continue;
      if (status->type() == fs::file_type::directory) {
        add_images(path, label, split);
      } else if (has_image_extension(path) || has_image_signature(path)) {
        SourceImage image;
        image.file = path;
        image.name = name_of(path);
        image.label = label;
        image.split = split;
        list_.images.push_back(std::move(image));
      } else {
        skip(path, "not an image");
      }
    }
  }

 private:
  std::string name_of(const fs::path& path) const {
    return path.lexically_relative(root_).generic_string();
  }
  void skip(const fs::path& path, std::string reason) {
    list_.skipped.push_back({name_of(path), std::move(reason)});
  }

  /// Entries by name. A directory that cannot be read is listed, not fatal, and one that was
  /// entered before (by a symbolic link) is not entered again.
  std::vector<fs::path> entries(const fs::path& directory) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0 ||
        !entered_.insert({status.st_dev, status.st_ino}).second) {
      skip(directory, "a directory that is listed already");
      return {};
    }
    std::error_code error;
    std::vector<fs::path> out;
    fs::directory_iterator at(directory, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      out.push_back(at->path());
    }
    if (error && directory == root_) {
      throw IoError("cannot read the input " + printable(root_.string()) + ": " + error.message());
    }
    if (error) skip(directory, "cannot be listed: " + error.message());
    std::sort(out.begin(), out.end());
    return out;
  }

  /// The status of what may be used: a regular file or a directory, not hidden, and not behind a
  /// symbolic link unless links are followed. Anything else is listed as skipped.
  std::optional<fs::file_status> usable_status(const fs::path& path) {
    if (path.filename().string().front() == '.') {
      skip(path, "hidden");
      return std::nullopt;
    }
    std::error_code error;
    fs::file_status status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::symlink) {
      if (!follow_symlinks_) {
        skip(path, "a symbolic link, not followed (--follow_symlinks)");
        return std::nullopt;
      }
      status = fs::status(path, error);
    }
    if (status.type() == fs::file_type::regular || status.type() == fs::file_type::directory) {
      return status;
    }
    skip(path, kind_of(status));
    return std::nullopt;
  }

  fs::path root_;
  bool follow_symlinks_;
  SourceList& list_;
  std::set<std::pair<dev_t, ino_t>> entered_;
};

/// Folders named train, val, test and the like are splits, if there are two or a `train`; a folder
/// of another name beside them is an error, because its images would silently be lost.
bool are_splits(const fs::path& root, const std::vector<fs::path>& folders) {
  std::vector<std::string> others;
  std::set<std::string> splits;
  for (const fs::path& folder : folders) {
    const std::string split = split_name(folder.filename().string());
    if (split.empty()) {
      others.push_back("'" + printable(folder.filename().string()) + "'");
    } else if (!splits.insert(split).second) {
      throw DataError(printable(root.string()) + ": two folders for the split " + split);
    }
  }
  if (splits.size() < 2 && splits.count("train") == 0) return false;
  if (!others.empty()) {
    throw DataError(printable(root.string()) + ": beside train, val and test there is " +
                    join(others) + "; move it away");
  }
  return true;
}

void list_split_folders(TreeLister& lister, const std::vector<fs::path>& folders,
                        std::set<std::string>& classes) {
  std::map<std::string, std::set<std::string>> classes_of;
  for (const fs::path& folder : folders) {
    const std::string split = split_name(folder.filename().string());
    for (const fs::path& path : lister.folders(folder, "beside the class folders")) {
      const std::string label = path.filename().string();
      classes_of[folder.string()].insert(label);
      classes.insert(label);
      lister.add_images(path, label, split);
    }
  }
  for (const fs::path& folder : folders) {
    for (const std::string& label : classes) {
      if (classes_of[folder.string()].count(label) > 0) continue;
      throw DataError(printable(folder.string()) + ": no folder for the class '" +
                      printable(label) + "', which another split has");
    }
  }
}

}  // namespace

SourceList list_tree(const std::filesystem::path& root, const SourceOptions& options,
                     std::set<std::string>& classes) {
  SourceList list;
  TreeLister lister(root, options.follow_symlinks, list);
  const std::vector<fs::path> folders = lister.folders(root, "beside the class folders");
  if (folders.empty()) {
    throw DataError(printable(root.string()) +
                    ": no folder in it; expected a folder per class, or train, val and test");
  }
  if (are_splits(root, folders)) {
    list.layout = SourceLayout::split_folders;
    list.has_splits = true;
    list_split_folders(lister, folders, classes);
    return list;
  }
  for (const fs::path& folder : folders) {
    const std::string label = folder.filename().string();
    classes.insert(label);
    lister.add_images(folder, label, "");
  }
  return list;
}

}  // namespace xrayclf
