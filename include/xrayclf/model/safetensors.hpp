#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"

/// Reader and writer of the safetensors format (https://github.com/huggingface/safetensors), strict
/// on purpose: model files come from anywhere. Free of LibTorch, so that it can be fuzzed alone.
///
/// On top of the format's own rules: header of at most 1 MiB, at most 4096 tensors of rank at most
/// 8, names of at most 256 printable ASCII characters, files of at most 1 GiB, and no name or
/// metadata key twice. Files are read, never mapped: a mapped file that is cut short kills the
/// process.
namespace xrayclf {

enum class TensorType { f32, f16, bf16, i64, u8, boolean };
template <>
struct EnumNames<TensorType> {
  static constexpr std::array<std::pair<TensorType, std::string_view>, 6> value{
      {{TensorType::f32, "F32"},
       {TensorType::f16, "F16"},
       {TensorType::bf16, "BF16"},
       {TensorType::i64, "I64"},
       {TensorType::u8, "U8"},
       {TensorType::boolean, "BOOL"}}};
};
/// Bytes of one element.
std::uint64_t size_of(TensorType type);

/// Where a tensor lies in its file.
struct TensorEntry {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;  ///< empty for a scalar; extents may be 0
  std::uint64_t begin = 0;          ///< bytes from the end of the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<TensorEntry> tensors;  ///< in the order of their data
  std::uint64_t data_begin = 0;      ///< bytes from the beginning of the file
};

/// Reads the header from the first bytes of a file of `file_size` bytes; `head` must hold at least
/// the header (more does no harm). Throws ModelError, beginning with `name`, that says which rule
/// is broken.
SafetensorsHeader parse_safetensors_header(std::string_view head, std::uint64_t file_size,
                                           const std::string& name);

/// An open file whose header has been checked.
class SafetensorsFile {
 public:
  /// Throws IoError if the file cannot be read, ModelError if it breaks a rule.
  explicit SafetensorsFile(std::filesystem::path path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const SafetensorsHeader& header() const { return header_; }
  const std::filesystem::path& path() const { return path_; }
  /// Copies the tensor's bytes (little endian, row-major) to `out`, which has room for end - begin.
  /// Throws ModelError if the file has become shorter since it was opened.
  void read(const TensorEntry& tensor, void* out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  SafetensorsHeader header_;
};

/// A tensor to write; `data` must stay valid for the call.
struct TensorData {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
};

/// Writes the file whole: the header padded with spaces to a multiple of 8 bytes, tensors of wide
/// elements before narrow ones so that all lie aligned, and by name among equals. Throws IoError,
/// or ModelError if a limit above is broken.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorData> tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace xrayclf
