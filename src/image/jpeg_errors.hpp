#pragma once

#include <csetjmp>
#include <cstdio>

// jpeglib.h needs cstdio before it.
#include <jpeglib.h>

#include <jerror.h>

namespace xrayclf {

/// libjpeg reports by calling back, and an error callback must not return: it jumps to the last
/// setjmp. Functions that call setjmp with it hold nothing with a destructor.
struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] inline void jump_out(j_common_ptr handle) {
  auto* errors = reinterpret_cast<JpegErrors*>(handle->err);
  handle->err->format_message(handle, errors->message);
  std::longjmp(errors->jump, 1);
}

inline void print_nothing(j_common_ptr) {}

}  // namespace xrayclf
