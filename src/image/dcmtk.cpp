#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <mutex>

#include "dicom_parts.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

thread_local bool warned = false;

/// Takes DCMTK's messages, keeps none (they quote the file), and remembers that there were some.
class Listener : public dcmtk::log4cplus::Appender {
 public:
  ~Listener() override { destructorImpl(); }
  void close() override {}

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent&) override { warned = true; }
};

void start() {
  OFLog::configure(OFLogger::WARN_LOG_LEVEL);
  dcmtk::log4cplus::Logger root = dcmtk::log4cplus::Logger::getRoot();
  root.removeAllAppenders();
  root.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new Listener));
  DJDecoderRegistration::registerCodecs();
  DJLSDecoderRegistration::registerCodecs();
  if (!dcmDataDict.isDictionaryLoaded()) {
    throw ResourceError(
        "DCMTK's dictionary (dicom.dic) is not found; install libdcmtk17 or set DCMDICTPATH");
  }
}

}  // namespace

void leave_no_core() {
  static std::once_flag once;
  std::call_once(once, [] {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // The limit does not hold where the kernel pipes core files to a program.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  });
}

void start_dcmtk() {
  static std::once_flag once;
  std::call_once(once, start);
}

void load_dicom_reader() {
  leave_no_core();
  start_dcmtk();
}

bool dcmtk_warned() {
  const bool was = warned;
  warned = false;
  return was;
}

std::shared_ptr<DcmDataset> parse_elements(const DicomFile& file, bool with_pixels) {
  start_dcmtk();
  std::string bytes = file.elements;
  if (with_pixels) bytes += file.pixel_element;
  E_TransferSyntax syntax = DcmXfer(std::string(file.syntax.uid).c_str()).getXfer();
  // What was deflated is unfolded, and what named the wrong syntax is read by the right one.
  if (file.syntax.deflated) syntax = EXS_LittleEndianExplicit;
  if (file.syntax.coding == DicomCoding::native && !file.syntax.big_endian) {
    syntax = file.syntax.explicit_vr ? EXS_LittleEndianExplicit : EXS_LittleEndianImplicit;
  }
  auto data = std::make_shared<DcmDataset>();
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  data->transferInit();
  const OFCondition status = data->read(stream, syntax, EGL_noChange);
  data->transferEnd();
  if (status.bad() && status != EC_EndOfStream) {
    throw DataError("damaged DICOM: its attributes cannot be read");
  }
  // Values of numbers written as text are made on demand; nothing points into `bytes` any more.
  return data;
}

}  // namespace xrayclf
