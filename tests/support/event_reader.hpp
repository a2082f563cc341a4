#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/atomic_file.hpp"

/// An independent reader of event files: CRC-32C bit by bit from its polynomial, framing and
/// protobuf by hand.
namespace xrayclf::testing_support {

inline std::uint32_t crc32c(std::string_view data) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : data) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
  }
  return ~crc;
}

inline std::uint64_t read_fixed(std::string_view& data, std::size_t bytes) {
  if (data.size() < bytes) throw std::runtime_error("cut short");
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(data[i]);
  data.remove_prefix(bytes);
  return value;
}

inline std::string_view read_bytes(std::string_view& data, std::size_t size) {
  if (data.size() < size) throw std::runtime_error("cut short");
  const std::string_view out = data.substr(0, size);
  data.remove_prefix(size);
  return out;
}

inline void check_crc(std::string_view data, std::uint64_t masked) {
  const auto rotated = static_cast<std::uint32_t>(masked - 0xA282EAD8);
  if (crc32c(data) != (rotated << 15 | rotated >> 17)) throw std::runtime_error("a wrong CRC");
}

/// A file's records; throws if one is broken, the last one excepted where it `may_be_cut`.
inline std::vector<std::string> read_records(const std::filesystem::path& path,
                                             bool may_be_cut = false) {
  const std::string file = read_file(path);
  std::string_view rest = file;
  std::vector<std::string> records;
  while (!rest.empty()) {
    std::uint64_t size = 0;
    std::string_view header = rest;
    const bool whole =
        rest.size() >= 12 && (size = read_fixed(header, 8), rest.size() >= size + 16);
    if (!whole && may_be_cut) break;
    const std::string_view length_bytes = rest.substr(0, 8);
    const std::uint64_t length = read_fixed(rest, 8);
    check_crc(length_bytes, read_fixed(rest, 4));
    const std::string_view data = read_bytes(rest, length);
    check_crc(data, read_fixed(rest, 4));
    records.emplace_back(data);
  }
  return records;
}

/// A message's fields by number; numbers of any width as their bits.
struct Message {
  std::map<int, std::string> texts;
  std::map<int, std::uint64_t> numbers;
  Message at(int field) const { return Message(texts.at(field)); }
  explicit Message(std::string_view data) {
    while (!data.empty()) {
      const std::uint64_t key = varint(data);
      const int field = static_cast<int>(key >> 3);
      switch (key & 7) {
        case 0:
          numbers[field] = varint(data);
          break;
        case 1:
          numbers[field] = read_fixed(data, 8);
          break;
        case 2:
          texts[field] = read_bytes(data, varint(data));
          break;
        case 5:
          numbers[field] = read_fixed(data, 4);
          break;
        default:
          throw std::runtime_error("an unknown wire type");
      }
    }
  }

 private:
  static std::uint64_t varint(std::string_view& data) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(read_bytes(data, 1)[0]);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }
};

/// (tag, step) of every figure that TensorBoard shows for a directory: files in the order of their
/// names, a session that starts at a step taking back what earlier ones hold from there on.
inline std::vector<std::pair<std::string, std::uint64_t>> shown_scalars(
    const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry);
  std::sort(files.begin(), files.end());
  std::vector<std::pair<std::string, std::uint64_t>> shown;
  for (const auto& file : files) {
    for (const std::string& record : read_records(file, true)) {
      const Message event(record);
      const std::uint64_t step = event.numbers.count(2) == 0 ? 0 : event.numbers.at(2);
      if (event.texts.count(7) != 0) {
        std::erase_if(shown, [&](const auto& scalar) { return scalar.second >= step; });
      } else if (event.texts.count(5) != 0 && event.at(5).at(1).numbers.count(2) != 0) {
        shown.emplace_back(event.at(5).at(1).texts.at(1), step);
      }
    }
  }
  return shown;
}

}  // namespace xrayclf::testing_support
