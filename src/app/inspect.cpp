#include "xrayclf/app/inspect.hpp"

#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

/// One file; what is not known stays empty.
struct Inspection {
  std::int64_t input = 0;  ///< 1 ...
  std::string name;
  std::string sha256;
  ImageInfo info;
  std::int64_t orientation = 1;
  std::int64_t grey_bits = 0;  ///< of a decoded pixel; 0 where refused
  std::string reason;
};

Inspection look_at(const std::string& path, std::int64_t input, const DicomConfig& dicom) {
  ImageLimits limits;
  limits.dicom = dicom;
  Inspection inspection;
  inspection.input = input;
  inspection.name = may_be_dicom(path, "") ? "dicom-input-" + std::to_string(input) : path;
  try {
    const ImageFile file = read_image_file(path, limits);
    inspection.name = file.name;
    inspection.sha256 = sha256_hex(file.bytes);
    // What the header says is worth telling even where the pixels turn out to be damaged.
    inspection.info = probe_image(file.bytes, limits);
    const DecodedImage image = decode_image(file.bytes, limits);
    inspection.orientation = image.orientation;
    inspection.grey_bits = image.grey.depth() == CV_16U ? 16 : 8;
  } catch (const DataError& e) {
    inspection.reason = e.what();
  } catch (const IoError& e) {
    inspection.reason = e.what();
  }
  return inspection;
}

std::string grey_steps(const DicomInfo& d) {
  std::vector<std::string> steps;
  if (d.modality_table) {
    steps.push_back(fmt::format("Modality LUT of {} entries", d.modality_table->entries.size()));
  } else if (d.slope != 1 || d.intercept != 0) {
    steps.push_back(fmt::format("rescale by {:g} and {:+g}", d.slope, d.intercept));
  }
  if (d.voi_table) {
    steps.push_back(fmt::format("VOI LUT of {} entries", d.voi_table->entries.size()));
  } else if (d.window) {
    steps.push_back(fmt::format("window {}, centre {:g}, width {:g}{}", d.window->function,
                                d.window->center, d.window->width,
                                d.windows > 1 ? fmt::format(" (the first of {})", d.windows) : ""));
  } else {
    steps.emplace_back("no window: the full range of the stored bits");
  }
  if (d.inverted) steps.emplace_back("inversion");
  return join(steps, ", ");
}

std::string row(const char* name, const std::string& value) {
  return value.empty() ? "" : fmt::format("  {:<12}{}\n", name, value);
}

std::string dicom_text(const DicomInfo& d) {
  std::string film = d.sop_class;
  if (!d.modality.empty()) film += ", modality " + d.modality;
  std::string patient;
  if (!d.sex.empty()) patient += "sex " + d.sex;
  if (!d.age.empty()) patient += (patient.empty() ? "" : ", ") + ("age " + d.age);
  std::string marks;
  if (d.burned_in) marks += "burned-in text";
  if (d.has_overlay) marks += (marks.empty() ? "" : ", ") + std::string("overlays, left out");
  return row("object", film) + row("syntax", d.transfer_syntax) +
         row("samples", fmt::format("{}, {} of {} bits, {}", d.photometric, d.bits_stored,
                                    d.bits_allocated, d.is_signed ? "signed" : "unsigned")) +
         row("grey", grey_steps(d)) + row("view", d.view) + row("patient", patient) +
         row("spacing", d.spacing.empty() ? "" : d.spacing + " mm") + row("marks", marks);
}

std::string text_of(const Inspection& f) {
  std::string out = printable(f.name) + ": ";
  if (f.info.width == 0) return out + "refused: " + printable(f.reason) + "\n";
  out += f.info.description + "\n";
  out += row("size", fmt::format("{} x {} pixels, {} bits, {}", f.info.width, f.info.height,
                                 f.info.bit_depth, counted(f.info.channels, "channel")));
  if (f.info.dicom) out += dicom_text(*f.info.dicom);
  if (f.orientation != 1)
    out += row("EXIF", fmt::format("turned by orientation {}", f.orientation));
  out += row("sha256", f.sha256);
  return out + (f.reason.empty() ? row("read as", fmt::format("{}-bit grey", f.grey_bits))
                                 : row("refused", printable(f.reason)));
}

ordered_json table_json(const std::optional<DicomTable>& table) {
  if (!table) return nullptr;
  return {{"entries", table->entries.size()}, {"first", table->first}, {"bits", table->bits}};
}

ordered_json dicom_json(const DicomInfo& d) {
  ordered_json window;
  if (d.window) {
    window = {{"function", d.window->function},
              {"center", d.window->center},
              {"width", d.window->width},
              {"of", d.windows}};
  }
  return {{"sop_class", d.sop_class},
          {"modality", d.modality},
          {"transfer_syntax", d.transfer_syntax},
          {"photometric", d.photometric},
          {"bits_allocated", d.bits_allocated},
          {"bits_stored", d.bits_stored},
          {"high_bit", d.high_bit},
          {"signed", d.is_signed},
          {"slope", d.slope},
          {"intercept", d.intercept},
          {"modality_table", table_json(d.modality_table)},
          {"voi_table", table_json(d.voi_table)},
          {"window", window},
          {"inverted", d.inverted},
          {"view_position", d.view},
          {"sex", d.sex},
          {"age", d.age},
          {"pixel_spacing_mm", d.spacing},
          {"burned_in_annotation", d.burned_in},
          {"overlay", d.has_overlay}};
}

ordered_json json_of(const Inspection& f) {
  ordered_json out = {{"schema_version", 1}, {"input", f.input}, {"name", f.name}};
  if (!f.sha256.empty()) out["sha256"] = f.sha256;
  if (f.info.width > 0) {
    out["format"] = name_of(f.info.format);
    out["description"] = f.info.description;
    out["width"] = f.info.width;
    out["height"] = f.info.height;
    out["channels"] = f.info.channels;
    out["bit_depth"] = f.info.bit_depth;
    if (f.info.dicom) out["dicom"] = dicom_json(*f.info.dicom);
  }
  out["readable"] = f.reason.empty();
  if (f.reason.empty()) {
    out["orientation"] = f.orientation;
    out["grey_bits"] = f.grey_bits;
  } else {
    out["reason"] = f.reason;
  }
  return out;
}

}  // namespace

void inspect(const InspectConfig& config, std::ostream& out) {
  std::int64_t refused = 0;
  std::int64_t count = 0;
  for (const std::string& path : config.input) {
    const Inspection inspection = look_at(path, ++count, config.dicom);
    if (config.json) {
      out << json_of(inspection).dump(-1, ' ', false, ordered_json::error_handler_t::replace)
          << "\n";
    } else {
      out << text_of(inspection);
    }
    refused += inspection.reason.empty() ? 0 : 1;
    throw_if_interrupted("stopped after " + counted(count, "file"));
  }
  const std::string message =
      std::to_string(refused) + " of " + counted(count, "file") + " would be refused";
  if (refused == count) throw DataError(message);
  if (refused > 0) throw PartialFailure(message);
}

}  // namespace xrayclf
