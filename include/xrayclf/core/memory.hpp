#pragma once

namespace xrayclf {

/// Keeps freed memory in the process. LibTorch allocates every activation anew; by default glibc
/// hands blocks of that size back to the system at once, and touching fresh pages then costs more
/// than the convolutions do. To be called first in main.
void keep_freed_memory();

}  // namespace xrayclf
