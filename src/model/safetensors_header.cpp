#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "safetensors_limits.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/safetensors.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using safetensors::kMaxFileBytes;
using safetensors::kMaxHeaderBytes;
using safetensors::kMaxRank;
using safetensors::kMaxTensors;

/// Builds the header from the parser's events. A document would hide keys that stand twice, and its
/// depth would be the sender's choice; here every level is known: document, tensor or metadata,
/// list.
class HeaderBuilder : public nlohmann::json_sax<json> {
 public:
  HeaderBuilder(SafetensorsHeader& header, std::string name)
      : header_(header), name_(std::move(name)) {}

  bool key(string_t& text) override {
    if (!keys_.back().insert(text).second) {
      fail((level_ == Level::document ? "tensor '" : "key '") + printable(text) + "' stands twice" +
           inside());
    }
    if (level_ == Level::document && text != "__metadata__") begin_tensor(text);
    if (level_ == Level::tensor && text != "dtype" && text != "shape" && text != "data_offsets") {
      fail("unknown key '" + printable(text) + "'" + inside());
    }
    key_ = text;
    return true;
  }

  bool start_object(std::size_t) override {
    switch (level_) {
      case Level::nothing:
        level_ = Level::document;
        break;
      case Level::document:
        level_ = key_ == "__metadata__" ? Level::metadata : Level::tensor;
        break;
      default:
        unexpected("an object");
    }
    keys_.emplace_back();
    return true;
  }
  bool end_object() override {
    if (level_ == Level::tensor) end_tensor();
    keys_.pop_back();
    level_ = level_ == Level::document ? Level::nothing : Level::document;
    return true;
  }

  bool start_array(std::size_t) override {
    if (level_ != Level::tensor || key_ == "dtype") unexpected("a list");
    level_ = Level::list;
    list_.clear();
    return true;
  }
  bool end_array() override {
    level_ = Level::tensor;
    (key_ == "shape" ? shape_ : offsets_) = list_;
    return true;
  }

  bool string(string_t& text) override {
    if (level_ == Level::metadata) {
      header_.metadata[key_] = text;
    } else if (level_ == Level::tensor && key_ == "dtype") {
      dtype_ = text;
    } else {
      unexpected("a text");
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (level_ != Level::list) unexpected("a number");
    if (list_.size() == kMaxRank && key_ == "shape") {
      fail("more than " + std::to_string(kMaxRank) + " dimensions" + inside());
    }
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      fail("number " + std::to_string(value) + " is too large" + inside());
    }
    if (list_.size() == kMaxRank) fail("data_offsets must be two numbers" + inside());
    list_.push_back(value);
    return true;
  }
  bool number_integer(number_integer_t value) override {
    if (level_ != Level::list) unexpected("a number");
    fail("negative number " + std::to_string(value) + inside());
  }
  bool number_float(number_float_t, const string_t& text) override {
    if (level_ != Level::list) unexpected("a number");
    fail("number " + printable(text) + " is not whole" + inside());
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
  bool binary(binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("the header is not valid JSON at byte " + std::to_string(position));
  }

 private:
  enum class Level { nothing, document, metadata, tensor, list };

  [[noreturn]] void fail(const std::string& reason) const {
    throw ModelError(name_ + ": " + reason);
  }
  [[noreturn]] void unexpected(const std::string& what) const {
    switch (level_) {
      case Level::nothing:
        fail("the header must be a JSON object, not " + what);
      case Level::document:
        fail(key_ == "__metadata__"
                 ? "__metadata__ must be an object, not " + what
                 : "tensor '" + printable(key_) + "' must be an object, not " + what);
      case Level::metadata:
        fail("metadata '" + printable(key_) + "' must be a text, not " + what);
      case Level::tensor:
        fail(key_ + (key_ == "dtype" ? " must be a text, not " : " must be a list, not ") + what +
             inside());
      case Level::list:
        break;
    }
    fail(key_ + " must hold numbers, not " + what + inside());
  }
  std::string inside() const {
    if (level_ == Level::metadata) return " in __metadata__";
    return level_ == Level::tensor || level_ == Level::list
               ? " in tensor '" + printable(tensor_.name) + "'"
               : "";
  }

  void begin_tensor(const std::string& text) {
    if (!safetensors::is_tensor_name(text)) {
      fail("tensor name '" + printable(text.substr(0, 64)) +
           "' must be 1 to 256 printable ASCII characters");
    }
    if (header_.tensors.size() == kMaxTensors) {
      fail("more than " + std::to_string(kMaxTensors) + " tensors");
    }
    tensor_ = TensorEntry{};
    tensor_.name = text;
    dtype_.reset();
    shape_.reset();
    offsets_.reset();
  }

  void end_tensor() {
    if (!dtype_) fail("no dtype" + inside());
    if (!shape_) fail("no shape" + inside());
    if (!offsets_) fail("no data_offsets" + inside());
    tensor_.type = type_of(*dtype_);
    for (const std::uint64_t extent : *shape_) {
      tensor_.shape.push_back(static_cast<std::int64_t>(extent));
    }
    if (offsets_->size() != 2) fail("data_offsets must be two numbers" + inside());
    tensor_.begin = (*offsets_)[0];
    tensor_.end = (*offsets_)[1];
    if (tensor_.begin > tensor_.end) fail("data_offsets run backwards" + inside());
    const std::optional<std::uint64_t> bytes = safetensors::byte_count(tensor_.type, tensor_.shape);
    if (!bytes) fail("the shape's size overflows" + inside());
    if (tensor_.end - tensor_.begin != *bytes) {
      fail("data_offsets span " + std::to_string(tensor_.end - tensor_.begin) +
           " bytes, but shape and dtype need " + std::to_string(*bytes) + inside());
    }
    header_.tensors.push_back(tensor_);
  }

  TensorType type_of(const std::string& text) const {
    std::vector<std::string> known;
    for (const auto& [type, type_name] : EnumNames<TensorType>::value) {
      if (text == type_name) return type;
      known.emplace_back(type_name);
    }
    fail("dtype '" + printable(text) + "' is none of " + join(known) + inside());
  }

  SafetensorsHeader& header_;
  std::string name_;
  Level level_ = Level::nothing;
  std::vector<std::set<std::string>> keys_;
  std::string key_;
  TensorEntry tensor_;
  std::optional<std::string> dtype_;
  std::optional<std::vector<std::uint64_t>> shape_;
  std::optional<std::vector<std::uint64_t>> offsets_;
  std::vector<std::uint64_t> list_;
};

/// The tensors must cover the data exactly: nothing may hide between them or behind the last.
void check_layout(SafetensorsHeader& header, std::uint64_t data_bytes, const std::string& name) {
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorEntry& a, const TensorEntry& b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  std::uint64_t covered = 0;
  for (const TensorEntry& tensor : header.tensors) {
    const std::string where = " tensor '" + tensor.name + "'";
    if (tensor.begin < covered) throw ModelError(name + ": data overlap at" + where);
    if (tensor.begin > covered) {
      throw ModelError(name + ": " + std::to_string(tensor.begin - covered) +
                       " bytes belong to no tensor before" + where);
    }
    if (tensor.end > data_bytes) {
      throw ModelError(name + ": the file ends before the end of" + where);
    }
    covered = tensor.end;
  }
  if (covered != data_bytes) {
    throw ModelError(name + ": " + std::to_string(data_bytes - covered) +
                     " bytes follow the last tensor");
  }
}

}  // namespace

std::uint64_t size_of(TensorType type) {
  switch (type) {
    case TensorType::f32:
      return 4;
    case TensorType::f16:
    case TensorType::bf16:
      return 2;
    case TensorType::i64:
      return 8;
    case TensorType::u8:
    case TensorType::boolean:
      return 1;
  }
  throw std::logic_error("an unknown tensor type");
}

namespace safetensors {

bool is_tensor_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

std::optional<std::uint64_t> byte_count(TensorType type, const std::vector<std::int64_t>& shape) {
  std::uint64_t bytes = size_of(type);
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace safetensors

SafetensorsHeader parse_safetensors_header(std::string_view head, std::uint64_t file_size,
                                           const std::string& name) {
  if (file_size > kMaxFileBytes) throw ModelError(name + ": larger than 1 GiB");
  if (file_size < 8 || head.size() < 8) {
    throw ModelError(name + ": too short for a safetensors file");
  }
  std::uint64_t size = 0;
  for (std::size_t i = 8; i-- > 0;) size = size << 8 | static_cast<unsigned char>(head[i]);
  if (size == 0) throw ModelError(name + ": the header is empty");
  if (size > kMaxHeaderBytes) {
    throw ModelError(name + ": a header of " + std::to_string(size) +
                     " bytes is over the limit of 1 MiB (is this a safetensors file?)");
  }
  if (size > file_size - 8 || size > head.size() - 8) {
    throw ModelError(name + ": the file ends inside the header");
  }
  const std::string_view text = head.substr(8, size);
  if (text.front() != '{') throw ModelError(name + ": the header does not begin with '{'");
  if (!is_utf8(text)) throw ModelError(name + ": the header is not UTF-8");
  // The JSON parser takes a zero byte for the end and would not see what follows it.
  if (text.find('\0') != std::string_view::npos) {
    throw ModelError(name + ": the header holds a zero byte");
  }

  SafetensorsHeader header;
  header.data_begin = 8 + size;
  HeaderBuilder builder(header, name);
  json::sax_parse(text, &builder);
  check_layout(header, file_size - header.data_begin, name);
  return header;
}

}  // namespace xrayclf
