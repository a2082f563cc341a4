#include "data/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <system_error>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr const char* kJournalFile = ".prepared.txt";

std::string line_of(const PreparationJournal::Entry& entry) {
  return entry.source_sha256 + " " + entry.fingerprint + " " + entry.prepared_sha256 + " " +
         entry.path + "\n";
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw IoError("cannot write " + printable(path.string()) + ": " +
                std::generic_category().message(errno));
}

}  // namespace

PreparationJournal::PreparationJournal(const std::filesystem::path& root)
    : path_(root / kJournalFile) {
  if (exists(root)) {
    std::istringstream lines(read_file(path_));
    std::string line;
    while (std::getline(lines, line)) {
      Entry entry;
      std::istringstream words(line);
      // The last line of a killed run may be cut off: it has fewer words, or a path that is not
      // there.
      if (words >> entry.source_sha256 >> entry.fingerprint >> entry.prepared_sha256 >>
          entry.path) {
        entries_[entry.path] = entry;
      }
    }
  }
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_);
  // Ends a line that was cut off; blank lines mean nothing.
  if (::write(descriptor_, "\n", 1) != 1) fail(path_);
}

PreparationJournal::~PreparationJournal() { ::close(descriptor_); }

const PreparationJournal::Entry* PreparationJournal::find(const std::string& path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : &found->second;
}

void PreparationJournal::append(const Entry& entry) {
  const std::string line = line_of(entry);
  const std::lock_guard lock(mutex_);
  if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    fail(path_);
  }
}

void PreparationJournal::rewrite(const std::filesystem::path& root,
                                 const std::map<std::string, Entry>& entries) {
  std::string text;
  for (const auto& item : entries) text += line_of(item.second);
  write_file(root / kJournalFile, text, Durability::killed_process);
}

bool PreparationJournal::exists(const std::filesystem::path& root) {
  std::error_code error;
  return std::filesystem::is_regular_file(root / kJournalFile, error);
}

}  // namespace xrayclf
