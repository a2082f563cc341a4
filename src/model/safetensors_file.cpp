#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include "safetensors_limits.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/safetensors.hpp"

namespace xrayclf {
namespace {

using safetensors::kMaxHeaderBytes;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw IoError(path.string() + ": " + what + ": " + std::strerror(errno));
}

/// Reads up to `size` bytes; fewer only at the end of the file.
std::size_t read_at(int descriptor, void* out, std::size_t size, std::uint64_t offset,
                    const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(descriptor, static_cast<char*>(out) + done, size - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "cannot read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path) : path_(std::move(path)) {
  // Non-blocking, so that a FIFO in the file's place does not hang the program.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(path_, "cannot open");
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(path_, "cannot read");
    if (!S_ISREG(status.st_mode)) throw IoError(path_.string() + ": not a regular file");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::string head(static_cast<std::size_t>(std::min(size, kMaxHeaderBytes + 8)), '\0');
    head.resize(read_at(descriptor_, head.data(), head.size(), 0, path_));
    header_ = parse_safetensors_header(head, size, path_.string());
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() { ::close(descriptor_); }

void SafetensorsFile::read(const TensorEntry& tensor, void* out) const {
  const std::size_t size = tensor.end - tensor.begin;
  if (read_at(descriptor_, out, size, header_.data_begin + tensor.begin, path_) != size) {
    throw ModelError(path_.string() + ": became shorter while being read, at tensor '" +
                     tensor.name + "'");
  }
}

void write_safetensors(const std::filesystem::path& path, std::vector<TensorData> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto refuse = [&](const std::string& reason) {
    throw ModelError(path.string() + ": " + reason);
  };
  std::sort(tensors.begin(), tensors.end(), [](const TensorData& a, const TensorData& b) {
    return std::tuple(size_of(b.type), a.name) < std::tuple(size_of(a.type), b.name);
  });
  if (tensors.size() > safetensors::kMaxTensors) refuse("too many tensors for one file");

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  std::vector<std::size_t> sizes;
  for (const TensorData& tensor : tensors) {
    const std::string where = "tensor '" + printable(tensor.name) + "'";
    if (!safetensors::is_tensor_name(tensor.name) || tensor.name == "__metadata__") {
      refuse(where + " has a name that cannot be written");
    }
    if (header.contains(tensor.name)) refuse(where + " stands twice");
    if (tensor.shape.size() > safetensors::kMaxRank) refuse(where + " has too many dimensions");
    const auto bytes = safetensors::byte_count(tensor.type, tensor.shape);
    if (!bytes || *bytes > safetensors::kMaxFileBytes) refuse(where + " is too large");
    header[tensor.name] = {{"dtype", name_of(tensor.type)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + *bytes}}};
    offset += *bytes;
    sizes.push_back(*bytes);
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    refuse("metadata must be UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > kMaxHeaderBytes) refuse("the header would be over 1 MiB");
  if (8 + text.size() + offset > safetensors::kMaxFileBytes) refuse("larger than 1 GiB");

  AtomicFile file(path);
  char length[8];
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xFF);
  file.write(length, sizeof length);
  file.write(text);
  for (std::size_t i = 0; i < tensors.size(); ++i) file.write(tensors[i].data, sizes[i]);
  file.commit();
}

}  // namespace xrayclf
